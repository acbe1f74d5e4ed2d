"""Run by cosmic-ray's own Python: every mutant of a module, one JSON string of its whole source a line."""

import json
import sys
from pathlib import Path
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.exception_replacer import ExceptionReplacer
from cosmic_ray.plugins import get_operator, operator_names

#: An operator becomes its opposite, and a comparison also includes or leaves out its limit. Cosmic-ray has ten more of
#: each, which the same tests notice or which change nothing (``<=`` for ``==`` between words).
_SIGNS = (
    *("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul", "Mod_Mul", "Pow_Mul", "LShift_RShift"),
    *("BitOr_BitAnd", "BitAnd_BitOr", "Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is"),
    *("Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt"),
)


def _names(clause: Any) -> list[Any]:
    """The names an ``except`` catches; cosmic-ray's own fails at a dotted one."""
    caught = clause.children[1]
    caught = caught.children[1] if caught.type == "atom" else caught
    return [node for node in getattr(caught, "children", [caught]) if node.type == "name"]


def main() -> None:
    """Print the mutants of the file named by the argument."""
    ExceptionReplacer._name_nodes = staticmethod(_names)
    source = Path(sys.argv[1]).read_text(encoding="utf-8")
    nodes = list(ast_nodes(get_ast(source)))
    for name in operator_names():
        sign = name.startswith(("core/ReplaceBinary", "core/ReplaceComparison"))
        if name.startswith("core/Variable") or (sign and not name.endswith(_SIGNS)):
            continue
        operator = get_operator(name)()
        for occurrence in range(sum(len(list(operator.mutation_positions(node))) for node in nodes)):
            mutant = mutate_code(source, operator, occurrence)
            # The type checker sees to what is frozen and to what is given by keyword (whose ``*`` is no sign).
            if mutant and mutant.count("frozen=True") >= source.count("frozen=True") and "/," not in mutant:
                print(json.dumps(mutant))


if __name__ == "__main__":
    main()
