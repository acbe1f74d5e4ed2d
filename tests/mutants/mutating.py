"""Run by cosmic-ray's own Python: every mutant of a module, one JSON string of its whole source a line."""

import json
import sys
from pathlib import Path

from cosmic_ray.commands.init import _all_work_items
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator


def main() -> None:
    """Print the mutants of the file named by the argument."""
    module = Path(sys.argv[1])
    source = module.read_text(encoding="utf-8")
    for item in _all_work_items([module], {}):
        for mutation in item.mutations:
            operator = get_operator(mutation.operator_name)(**dict(mutation.operator_args))
            mutant = mutate_code(source, operator, mutation.occurrence)
            if mutant is not None:
                print(json.dumps(mutant))


if __name__ == "__main__":
    main()
