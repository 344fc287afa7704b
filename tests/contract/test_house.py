"""The rules of the house that no linter holds: sizes, shapes of functions, and who may import what."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from tests.contract.checkout import ROOT, Import, Source, sources, tracked

MB = 1_000_000
LONGEST_FUNCTION = 70
MOST_PARAMETERS = 6
BROAD = ("Exception", "BaseException")
BOUNDARIES = ("cli.py", "ui/say.py", "jobs/")
"""Where an error of any kind may be caught, because a person or a job record is told about it there."""

HOMES = {
    "gradio": ("app.py", "ui/"),
    "av": ("pipeline/clip/", "pipeline/filters/deband.py", "pipeline/sound/"),
    "OpenEXR": ("pipeline/clip/exr.py",),
    "PyOpenColorIO": ("pipeline/clip/colour.py",),
    "imageio_ffmpeg": ("pipeline/clip/", "pipeline/sound/tool.py"),
    "mediapipe": ("pipeline/people/", "pipeline/prepare/drawing.py"),
    "controlnet_aux": ("pipeline/prepare/drawing.py", "pipeline/prepare/openpose.py"),
    "diffusers": ("pipeline/models/", "pipeline/engine/", "training/"),
    "transformers": ("pipeline/models/", "pipeline/engine/", "training/"),
    "peft": ("pipeline/models/", "pipeline/engine/", "training/"),
    "torchvision": (),
}
"""Heavy or untyped library -> the places that may import it."""

ABOVE = {
    "app.py": (),
    "cli.py": ("app", "ui", "gradio", "jobs", "training"),
    "commands/": ("app", "cli", "ui", "gradio"),
    "server/": ("app", "cli", "commands", "ui"),
    "studio.py": ("app", "cli", "commands", "ui", "gradio"),
    "ui/": ("app", "cli", "commands"),
    "verbs/": ("app", "cli", "commands", "studio", "server", "ui", "gradio"),
    "workspaces/": ("app", "cli", "commands", "ui", "server", "studio", "verbs", "jobs", "training"),
    "jobs/": ("app", "cli", "commands", "ui", "studio", "verbs", "training", "pipeline.render"),
    "training/": ("app", "cli", "commands", "ui", "studio", "verbs", "jobs"),
    "pipeline/": ("app", "cli", "commands", "ui", "studio", "verbs", "jobs", "training"),
}
"""Part of the house -> what lies above or beside it. import-linter cannot place the single files among these."""

NEEDS_TORCHVISION = ("diffusers", "transformers", "controlnet_aux", "peft")


def offences(check: Callable[[Source], list[str]]) -> list[str]:
    """What a check finds, each with the file it is in."""
    return [f"{source.name}: {found}" for source in sources() for found in check(source)]


def test_the_checks_see_our_files() -> None:
    names = {source.name for source in sources()}
    assert {"cli.py", "studio.py", "verbs/looks.py", "commands/jobs.py", "pipeline/render.py"} <= names
    assert ROOT / "pyproject.toml" in tracked()


def test_the_repository_fits_a_gpu_machine() -> None:
    total = sum(path.stat().st_size for path in tracked())
    assert total < 56 * MB, f"all tracked files together are {total / MB:.1f} MB"


def test_weights_stay_small() -> None:
    weights = sum(path.stat().st_size for path in tracked() if path.suffix == ".safetensors")
    assert weights <= 40 * MB, f"the weights are {weights / MB:.1f} MB"


def test_large_files_are_samples_weights_or_pictures() -> None:
    allowed = ("samples/", "pipeline/models/draft/")
    names = {path.relative_to(ROOT).as_posix(): path for path in tracked() if path.stat().st_size > MB}
    pictures = {name for name in names if name.startswith("docs/") and names[name].suffix in (".png", ".jpg", ".webp")}
    assert [name for name in names if not name.startswith(allowed) and name not in pictures] == []


def test_functions_are_short() -> None:
    def long(source: Source) -> list[str]:
        lengths = {f.name: (f.end_lineno or f.lineno) - f.lineno + 1 for f in source.functions()}
        return [f"{name} has {lines} lines" for name, lines in lengths.items() if lines > LONGEST_FUNCTION]

    assert offences(long) == []


def test_functions_have_few_parameters() -> None:
    def wide(source: Source) -> list[str]:
        counts = {f.name: parameters(f.args) for f in source.functions()}
        return [f"{name} has {count} parameters" for name, count in counts.items() if count > MOST_PARAMETERS]

    assert offences(wide) == []


def parameters(arguments: ast.arguments) -> int:
    """How many parameters a caller can set; self and cls are not among them."""
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return sum(argument is not None and argument.arg not in ("self", "cls") for argument in every)


def test_nothing_is_global() -> None:
    assert offences(lambda source: ["global" for node in ast.walk(source.tree) if isinstance(node, ast.Global)]) == []


def test_errors_are_caught_by_name() -> None:
    def broad(source: Source) -> list[str]:
        handlers = [node for node in ast.walk(source.tree) if isinstance(node, ast.ExceptHandler)]
        if source.name.startswith(BOUNDARIES):
            return []
        return [f"line {handler.lineno} catches everything" for handler in handlers if keeps_everything(handler)]

    assert offences(broad) == []


def keeps_everything(handler: ast.ExceptHandler) -> bool:
    """Whether errors of every kind end here, neither raised again after tidying up nor handed to a future's reader."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    every = any(kind is None or (isinstance(kind, ast.Name) and kind.id in BROAD) for kind in kinds)
    last = handler.body[-1]
    raised = isinstance(last, ast.Raise) and last.exc is None
    handed_on = isinstance(last, ast.Expr) and ".set_exception(" in ast.unparse(last)
    return every and not raised and not handed_on


@pytest.mark.parametrize("kinds", ["", *BROAD, "(OSError, Exception)"])
def test_the_check_for_broad_excepts_knows_them(kinds: str) -> None:
    assert keeps_everything(first_handler(f"try: pass\nexcept {kinds}: pass"))
    assert not keeps_everything(first_handler(f"try: pass\nexcept {kinds}: raise"))
    assert not keeps_everything(first_handler(f"try: pass\nexcept {kinds}: waiting.set_exception(error)"))


def test_the_check_for_broad_excepts_lets_named_ones_pass() -> None:
    assert not keeps_everything(first_handler("try: pass\nexcept (OSError, ValueError): pass"))


def first_handler(text: str) -> ast.ExceptHandler:
    """The first `except` in a piece of source."""
    return next(node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ExceptHandler))


@pytest.mark.parametrize("library", HOMES)
def test_libraries_stay_in_their_homes(library: str) -> None:
    strangers = [s.name for s in sources() if library in {i.top for i in s.imports if i.runtime}]
    assert [name for name in strangers if not name.startswith(HOMES[library] or ("nowhere",))] == []


@pytest.mark.parametrize("part", ABOVE)
def test_nothing_imports_what_lies_above_it(part: str) -> None:
    def upwards(source: Source) -> list[str]:
        if not source.name.startswith(part):
            return []
        return [i.module for i in source.imports if any(below(i, above) for above in ABOVE[part])]

    assert offences(upwards) == []


def below(found: Import, module: str) -> bool:
    """Whether an import is of a module or of something in it."""
    return found.module == module or found.module.startswith(f"{module}.")


def test_torchvision_is_declared_first() -> None:
    declaring = {source.module for source in sources() if declares(source)}

    def undeclared(source: Source) -> list[str]:
        needing = [i.module for i in source.imports if i.runtime and i.top in NEEDS_TORCHVISION]
        return [] if source.module in declaring or source.package in declaring else needing

    assert offences(undeclared) == []


def declares(source: Source) -> bool:
    """Whether the file calls `torchvision_ops.declare()`; a package's own file does so for all modules in it."""
    if not any("torchvision_ops" in found.module for found in source.imports):
        return False
    calls = [ast.unparse(node.func) for node in ast.walk(source.tree) if isinstance(node, ast.Call)]
    return "torchvision_ops.declare" in calls or "declare" in calls
