"""Rules about the project's shape that no linter knows; each says what it prevents."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from itertools import chain
from pathlib import Path

import pytest

from shared.cli import load_service
from shared.messaging.topics import principals, read_topics
from shared.services import ROUTES, SERVICES

ROOT = Path(__file__).parents[2]
#: A newcomer reads a file in one go; past this a service splits by feature.
LONGEST = 300
NAME = re.compile(r"\b[A-Za-z_]\w*")
#: Written by tools.
MADE = {"deploy/requirements.lock", "deploy/web/package-lock.json", "docs/contracts/asyncapi.json", "LICENSE"}


def files(*suffixes: str) -> Iterator[Path]:
    """Every file of the repository (of these kinds), also new ones, without what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in listed.stdout.splitlines():
        file = ROOT / name
        if file.is_file() and (not suffixes or file.suffix in suffixes):
            yield file


def named(file: Path) -> str:
    """The file's path in the repository."""
    return str(file.relative_to(ROOT))


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    long = {
        named(file): len(lines)
        for file in files(".py", ".html", ".md", ".css", ".js", ".yaml", ".toml")
        if named(file) not in MADE and len(lines := file.read_text(encoding="utf-8").splitlines()) > LONGEST
    }
    assert long == {}


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is the machine's business; a name in a lock file would override it."""
    registry = re.compile(r"files\.pythonhosted|pypi\.org|registry\.npmjs|repo1?\.maven|repo\.maven\.apache")
    holding = [
        named(file)
        for file in files()
        if file != Path(__file__) and registry.search(file.read_text(encoding="utf-8", errors="replace"))
    ]
    assert holding == []


def test_every_dependency_is_pinned_with_a_hash() -> None:
    """`make lock` makes the file; a dependency added by hand to one of the two only would be found at a deployment."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    requirements = [*project["project"]["dependencies"], *chain(*project["dependency-groups"].values())]
    lock = (ROOT / "deploy" / "requirements.lock").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    assert {re.split(r"[\[<>=]", name)[0].lower() for name in requirements} <= pinned
    blocks = re.split(r"^(?=[a-z0-9-]+==)", lock, flags=re.MULTILINE)[1:]
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_everywhere_a_service_must_be(name: str) -> None:
    assert f"| {name} |" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert name in {topic.writer for topic in read_topics()[0]}
    assert name in principals(read_topics()[0])
    assert {f"/staff/{name}"} & {prefix for prefix, _ in ROUTES} or name == "registration"
    assert load_service(name).name == name
    assert (ROOT / "services" / name / "migrations" / "versions").is_dir()
    assert ast.get_docstring(ast.parse((ROOT / "services" / name / "__init__.py").read_text(encoding="utf-8")))


def calls(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """(name, line) of every call, the last part of a dotted one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Attribute(attr=name) | ast.Name(id=name):
                    yield name, node.lineno


def service_modules() -> Iterator[tuple[Path, ast.Module]]:
    """Every Python file of a service, parsed."""
    for file in files(".py"):
        if named(file).startswith("services/"):
            yield file, ast.parse(file.read_text(encoding="utf-8"))


def test_no_service_commits_by_itself() -> None:
    """One message, one transaction: half a message's changes must never be stored."""
    faults = [
        f"{named(file)}:{line}" for file, tree in service_modules() for name, line in calls(tree) if name == "commit"
    ]
    assert faults == []


def test_no_lock_outlives_its_transaction() -> None:
    """Behind a pooler the next transaction has another connection: a session's lock would be somebody else's."""
    hold = re.compile(r"pg_(try_)?advisory_(?!xact_)\w+|\blisten \w+;|create temp", re.IGNORECASE)
    users = [str(file) for file in files(".py") if file.parts[-2] != "architecture" and hold.search(file.read_text())]
    assert [name for name in users if "/shared/" in name or "/services/" in name] == []


def test_no_service_asks_the_machine_for_the_date() -> None:
    """Due dates, ages and deadlines follow panel time, or the demo's months would not move them."""
    faults = [
        f"{named(file)}:{line}"
        for file, tree in service_modules()
        for name, line in calls(tree)
        if name in ("today", "utcnow") and _is_of_datetime(tree, name, line)
    ]
    faults += [
        f"{named(file)}: datetime.now"
        for file, _ in service_modules()
        if re.search(r"datetime\.now\(", file.read_text(encoding="utf-8"))
    ]
    assert faults == []


def _is_of_datetime(tree: ast.AST, name: str, line: int) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == name
        and node.lineno == line
        and isinstance(node.value, ast.Name)
        and node.value.id in ("date", "datetime")
        for node in ast.walk(tree)
    )


@pytest.mark.parametrize("name", SERVICES)
def test_a_handler_is_named_by_its_effect_and_claims_under_its_service(name: str) -> None:
    for subscription in load_service(name).handlers:
        assert subscription.name.startswith(f"{name}."), subscription.name
        assert not re.match(r"(on|handle)_", subscription.handler.__name__), subscription.name


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"registration"}))
def test_where_a_member_lives_is_kept_by_registration_alone(name: str) -> None:
    """With year of birth and gender a postcode soon points at a person: others keep the area, a group of postcodes."""
    tables = import_module(f"services.{name}.tables").metadata.tables.values()
    assert [str(column) for table in tables for column in table.columns if "postcode" in column.name] == []


#: What rules may stand on besides the standard library: models, one form of an address, texts of a file, arithmetic.
PURE = {
    "pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection", "email_validator", "idna",
    "dns", "slugify", "text_unidecode", "charset_normalizer", "cython_runtime", "numpy", "highspy",
}  # fmt: skip
#: Parts of ``shared`` that import nothing but the same; contracts besides.
LEAVES = {"shared", "shared.addresses", "shared.characters", "shared.rules", "shared.slugs", "shared.strata"}
_LOAD = """
import sys
from importlib import import_module
sys.path[:] = {path!r}
for name in {names!r}:
    import_module(name)
print(*sys.modules)
"""


def test_a_domain_module_loads_rules_and_nothing_else() -> None:
    """As an interpreter sees it: an import linter does not count what a package's own ``__init__`` pulls in."""
    domains = [named(file) for file in files(".py") if re.fullmatch(r"services/.*domain\.py", named(file))]
    assert len(domains) > 10
    code = _LOAD.format(
        path=[path for path in sys.path if path], names=[name[:-3].replace("/", ".") for name in domains]
    )
    result = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    modules = {name for name in result.stdout.split() if not name.startswith(("services", "shared.events", "_"))}
    ours = {name for name in modules if name.partition(".")[0] == "shared"}
    assert ours <= LEAVES
    assert {name.partition(".")[0] for name in modules - ours} - sys.stdlib_module_names <= PURE


def test_no_two_tests_hide_each_other() -> None:
    """Python keeps the last of two functions of one name, and pytest never sees the first."""
    doubled = []
    for file in files(".py"):
        if not named(file).startswith("tests/"):
            continue
        names = [
            node.name
            for node in ast.parse(file.read_text(encoding="utf-8")).body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        doubled += [f"{named(file)}:{name}" for name in set(names) if names.count(name) > 1]
    assert doubled == []


def test_nothing_is_defined_that_nobody_uses() -> None:
    """A handler left out of `HANDLERS`, a page left out of `PAGES`, a constant left behind; tests are no use."""
    product = [file for file in files(".py", ".html", ".txt") if not named(file).startswith("tests/")]
    words = Counter(word for file in product for word in NAME.findall(file.read_text(encoding="utf-8")))
    unused = [
        f"{named(file)}:{node.lineno} {name}"
        for file in product
        if file.suffix == ".py" and "/migrations/" not in named(file) and named(file) != "shared/testing.py"
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        for name in _defines(node)
        if words[name] == 1
    ]
    assert unused == []


def _defines(node: ast.stmt) -> Iterator[str]:
    """Names a statement of a module gives; what a decorator takes hold of is used by it."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            if not node.decorator_list or isinstance(node, ast.ClassDef):
                yield node.name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name


def test_decisions_are_numbered_one_after_the_other() -> None:
    numbers = sorted(file.name[:4] for file in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


@pytest.mark.parametrize("tree", ["shared", *(f"services/{name}" for name in SERVICES)])
def test_migrations_are_numbered_one_after_the_other(tree: str) -> None:
    """Two made at the same time take the same number, and no database can be migrated any more."""
    migrations = sorted((ROOT / tree / "migrations" / "versions").glob("[0-9]*.py"))
    numbers = [file.name[:4] for file in migrations]
    assert numbers == [f"{number:04}" for number in range(1, len(migrations) + 1)]
    texts = [file.read_text(encoding="utf-8") for file in migrations]
    for number, before, text in zip(numbers, [None, *numbers], texts, strict=False):
        assert re.search(rf'^revision(: str)? = "{number}"$', text, re.MULTILINE), number
        assert re.search(rf"^down_revision\b.* = {repr(before).replace(chr(39), chr(34))}$", text, re.MULTILINE), number


def test_no_page_is_given_a_name_that_templates_take_for_a_constant() -> None:
    """`none` in a template is Jinja's own None, whatever the page was given under that name."""
    hidden = [
        f"{named(file)}:{key.lineno}"
        for file in files(".py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
        and any(isinstance(target, ast.Name) and target.id == "context" for target in node.targets)
        for key in node.value.keys
        if isinstance(key, ast.Constant) and str(key.value).lower() in ("none", "true", "false")
    ]  # fmt: skip
    assert hidden == []
