"""What is typed → exit code and message; help of every command."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.cli import main as cli
from tests.cli.runner import run

COMMANDS = [name for _, name, _ in cli.COMMANDS]


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["chekc", "x.toml"], 2, "error: there is no command 'chekc'; did you mean check?"),
        (["test", "x.toml"], 2, "error: there is no command 'test'; did you mean evaluate?"),
        (["fit", "x.toml"], 2, "error: there is no command 'fit'; did you mean train?"),
        (["zzz"], 2, "error: there is no command 'zzz'; `netspec --help` lists all commands"),
        (["data", "chekc"], 2, "error: there is no command 'chekc'; did you mean check?"),
        (["data"], 2, "error: missing command; see `netspec data --help`"),
        (["check"], 2, "error: missing argument 'SPEC'; see `netspec check --help`"),
        (["check", "digits", "--stricd"], 2, "error: no such option: --stricd"),
        (["check", "digitz"], 2, "error: digitz: there is no such file; did you mean digits?"),
        (["check", "nothing/like/it.toml"], 2, "there is no such file; give a .toml or .json file, or a shipped spec:"),
        (["check", "spec.yaml"], 2, "NS002"),
        (["train"], 2, "error: SPEC is missing; try `netspec train digits`"),
        (["train", "digits", "--seed", "-1"], 2, "error: --seed must be 0 or more; see"),
        (["time", "digits", "--rounds", "x"], 2, "error: --rounds must be a whole number; see"),
        (["time", "digits", "--format", "xml"], 2, "error: --format is \"xml\", but must be one of 'text', 'json'; see"),
        (["train", "digits", "--threads", "4096"], 2, "threads 4096: this machine has"),
        (["train", "digits", "--resume", "runs/none"], 2, "error: there is no run or spec runs/none;"),
        (["train", "--resume", "nosuch"], 2, "error: there is no run or spec nosuch;"),
        (["evaluate", "nosuch"], 2, "error: there is no run or spec nosuch;"),
        (["predict", "nosuch", "x.png"], 2, "error: there is no run or spec nosuch;"),
        (["train", "digits", "--set", "train.epoch=3"], 2, "did you mean epochs?"),
        (["race", "digits", "--optimizers", "sgd,adm"], 2, "there is no optimizer 'adm'; did you mean adam?"),
        (["race", "digits", "--optimizers", "sgd"], 2, "sgd alone is no race"),
        (["race", "digits", "--optimizers", "sgd,sgd"], 2, "sgd is there 2 times"),
        (["race", "digits", "--optimizers", "sgd:fast,adam"], 2, "sgd:fast has no learning rate; write sgd:0.01"),
        (["evaluate", "digits"], 2, "a spec has no trained weights; give the folder of a run, or --weights FILE"),
        (["evaluate", "digits", "--weights", "no.safetensors"], 2, "error: no.safetensors: no such file"),
        (["predict", "digits", "x.png"], 2, "a spec has no trained weights"),
        (["gradcheck", "digits", "conf1"], 2, "error: gradcheck: there is no layer conf1; did you mean conv1?"),
        (["explain", "NS999"], 2, "error: there is no code NS999; there are"),
        (["import", "x.toml"], 2, "error: there is no command 'import'; it is not in this version"),
        (["convert", "x.pth"], 2, "error: there is no command 'convert'; did you mean export?"),
        (["hash", "."], 2, "this folder holds neither spec.resolved.toml nor spec.toml"),
    ],
)
def test_bad_usage_is_told_with_a_remedy(argv: list[str], code: int, message: str) -> None:
    result = run(*argv)
    assert result.code == code
    assert message in " ".join(result.err.split())
    assert result.out == ""
    assert "Traceback" not in result.err


@pytest.mark.parametrize("command", [*COMMANDS, "validate", "data check", "data show"])
def test_help_fits_eighty_columns_and_has_an_example(command: str) -> None:
    result = run(*command.split(), "--help")
    assert result.code == 0
    example = result.out.split("Example\n")[1]
    shown = "check" if command == "validate" else command
    assert example.strip().startswith(f"netspec {shown}")
    assert max(map(len, result.out.splitlines())) <= 80
    for line in example.strip().splitlines():
        assert line.split()[0] == "netspec"


def test_without_arguments_the_help_is_printed() -> None:
    result = run()
    assert result.code == 0
    assert all(f"│ {name} " in result.out for name in (*COMMANDS, "data"))
    assert result.out == run("--help").out


def test_version_is_that_of_the_package() -> None:
    from netspec import __version__

    assert run("--version").out == f"netspec {__version__}\n"


def test_explain_tells_what_a_code_means() -> None:
    text = run("explain", "ns203")
    assert text.code == 0
    assert text.out.startswith("NS203\n")
    assert run("explain", "NS203", "--format", "json").json["code"] == "NS203"


def test_a_bug_is_told_politely_and_in_full_only_with_v(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("seven of nine")

    monkeypatch.setattr("netspec.cli.loading.find_spec", broken)
    short, long = run("hash", "digits"), run("hash", "digits", "-v")
    assert (short.code, long.code) == (1, 1)
    assert "this is a bug in netspec, not in your spec (RuntimeError: seven of nine)" in short.words
    assert "Traceback" not in short.err
    assert "Traceback" in long.err


def test_a_file_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    result = run("render", "digits", "-o", tmp_path / "no" / "such" / "folder.toml")
    assert result.code == 1
    assert result.err.startswith("error: ")
    assert "folder.toml: no such file or directory" in result.words


def test_gui_without_its_extra_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = run("gui")
    assert result.code == 1
    assert "pip install 'netspec[gui]'" in result.err


@pytest.mark.parametrize("command", [["train", "digits"], ["race", "digits"], ["compile", "digits"]])
def test_nobodys_files_are_written_over(command: list[str]) -> None:
    mine = Path("mine")
    mine.mkdir()
    for name in ("spec.toml", "lock.json", "program.py"):
        (mine / name).write_text("{}")
    for target in ("mine", "mine/lock.json"):
        result = run(*command, "-o", target)
        assert (result.code, result.out) == (2, "")
        assert "this folder is not empty" in result.words or "this is a file, not a folder" in result.words
    assert sorted(path.read_text() for path in mine.iterdir()) == ["{}"] * 3
    empty = run(*command, "-o", "")
    assert (empty.code, empty.out) == (2, "")
    assert "the name of the folder is empty" in empty.words


def test_an_artefact_may_be_written_again() -> None:
    assert [run("compile", "digits", "-o", "built").code for _ in range(2)] == [0, 0]
    assert run("train", "digits", "-o", "built").code == 2


def test_a_network_that_cannot_be_trained_is_not_proposed_for_training(small: Path) -> None:
    text = "\n".join(line for line in small.read_text().splitlines() if not line.startswith("data"))
    small.write_text(text)
    result = run("compile", small, "-o", "built")
    assert result.code == 0
    assert "next:" not in result.words


def test_what_cannot_be_is_told_before_data_are_read(monkeypatch: pytest.MonkeyPatch, small: Path) -> None:
    assert run("train", small, "-q", "-o", "here").code == 0

    def read(*arguments: object) -> None:
        raise AssertionError("data were read")

    monkeypatch.setattr("netspec.cli.training.data_for", read)
    weights = "here/checkpoints/best.safetensors"
    for argv, message in (
        ([small, "-o", "here"], "this folder already holds a run"),
        ([small, "--weights", "none.npz"], "none.npz: no such file"),
        (["--resume", "here", "--weights", weights], "resume and weights were both given"),
        (["--resume", "here", "--seed", "4"], "a resumed run keeps its seed 0; leave --seed out"),
    ):
        result = run("train", *argv)
        assert (result.code, result.out) == (2, ""), result
        assert message in result.words


@pytest.mark.parametrize("argv", [["train", "nosuch"], ["evaluate", "nosuch"], ["summary"], ["train", "digits", "-o", ""]])
def test_an_error_is_a_document_where_one_is_expected(argv: list[str]) -> None:
    result = run(*argv, "--format", "json")
    assert result.code == 2
    assert result.json["ok"] is False
    assert result.json["error"]["message"] in result.words


def test_problems_of_a_spec_are_a_document_for_every_command() -> None:
    result = run("train", "digits", "--set", "train.epoch=3", "--format", "json")
    assert (result.code, result.json["ok"]) == (2, False)
    assert result.json["problems"][0]["code"].startswith("NS")


def test_gradcheck_of_a_layer_without_parameters_fails_as_nothing_was_checked() -> None:
    result = run("gradcheck", "digits", "relu1")
    assert (result.code, result.out) == (1, "")
    assert "nothing was checked, relu1 has no parameters" in result.words


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["nosuch"], 2),
        (["digits", "--set", "train.epoch=3"], 2),
        (["digits", "--colour"], 2),
        (["digits", "-o", "no/such/folder.json"], 1),
    ],
)
def test_a_spec_that_cannot_be_rendered_as_json_is_a_document_of_what_is_wrong(argv: list[str], code: int) -> None:
    result = run("render", *argv, "--format", "json")
    assert (result.code, result.json["ok"]) == (code, False)
    assert {"problems", "error"} & result.json.keys()
    assert run("render", *argv).out == ""


def test_data_that_the_system_does_not_give_are_bad_usage_like_all_wrong_data(small: Path) -> None:
    Path("batches/data_batch_1.bin").mkdir(parents=True)
    result = run(
        "train", small, "--set", 'data={type = "cifar_binary", root = "batches"}', "--set", "input.shape=[3, 32, 32]"
    )
    assert (result.code, result.out) == (2, "")
    assert "data_batch_1.bin: is a directory; check that it is there, whole, and yours to read" in result.words


@pytest.mark.parametrize("number", ["0", "abc", "-1"])
def test_a_variable_that_is_no_number_of_threads_is_an_error(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_NUM_THREADS", number)
    result = run("time", "lenet5")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"NUMBA_NUM_THREADS: '{number}' is no number of threads" in result.err


def test_too_many_threads_name_the_variable_that_limits_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_NUM_THREADS", "1")
    monkeypatch.setattr("netspec.thread_count.config.NUMBA_NUM_THREADS", 1)
    result = run("plan", "lenet5", "--threads", "2")
    assert (result.code, "NUMBA_NUM_THREADS is 1; use 1 … 1, or change the variable" in result.words) == (2, True)


def test_no_word_of_the_lists_of_commands_is_eaten_as_markup() -> None:
    assert "what weights under transfer, and --weights, take" in run("weights", "--help").words
