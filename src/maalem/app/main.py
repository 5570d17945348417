# SPDX-License-Identifier: Apache-2.0
"""The command line: verbs of the loop, loaded only when they are called."""

import difflib
import importlib
import sys
from collections.abc import Sequence

import click

from maalem import __version__
from maalem.app.screen import Screen
from maalem.errors import MaalemError, UsageError

COMMANDS = {
    "demo": "the whole loop on real work orders, in a fresh folder",
    "init": "make a project",
    "add": "documents in",
    "ask": "check a task and make its items",
    "import": "annotations in",
    "export": "annotations and items out",
    "serve": "the desk, where experts answer, and the gateway, where models do",
    "people": "who may do what at the desk",
    "webhooks": "whom the desk tells of what happens",
    "corrections": "what the gateway asked, how often it errs, what has moved",
    "status": "the loop in eight lines, and the next command",
    "freeze": "a dataset that cannot change",
    "train": "a model from a frozen dataset",
    "examine": "the exam, beside the baselines, and the gate's verdict",
    "release": "bundle, sign, enter in the ledger",
    "approve": "a second person agrees to a proposed release",
    "route": "which release answers whom: champion, canary, shadows, rollback",
    "verify": "check a release or a ledger, offline",
    "ledger": "let others watch the ledger",
    "predict": "an answer, its probability, and whether a person is needed",
    "trace": "who taught this, from what, and what a person's hours changed",
    "report": "the dossier of a release, for those whom laws make ask",
    "forget": "erase a document or a person, and plan the retraining",
    "project": "show the settings, defaults filled in",
    "doctor": "what this machine can do, with a fix for what it cannot",
}
"""Every command with what it does; the module `commands.<name>` holds it."""

ORDER = tuple(COMMANDS)
SUBCOMMANDS = (
    *("show", "pseudonym", "invite", "list", "role", "deactivate", "check"),
    *("add", "remove"),
    *("checkpoint", "prove", "submit", "cosign", "keep", "ask", "witness", "tiles"),
    *("keys", "rotate-key", "revoke-key"),
    *("canary", "shadow", "promote", "rollback", "stop"),
)
"""Commands of the commands that are groups."""


class LazyGroup(click.Group):
    """Commands by name, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Name the commands in the order of the loop."""
        return list(ORDER)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """Import the module of a command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"maalem.app.commands.{cmd_name}_")
        found: click.Command = module.command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was asked for, or name the nearest."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], ORDER, n=1)
            hint = f"maalem {near[0]}" if near else "maalem --help"
            raise UsageError(f"there is no command {args[0]!r}", hint=hint)
        return super().resolve_command(ctx, args)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002  # click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """List the commands without importing them."""
        with formatter.section("The loop"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="maalem")
@click.option("-C", "folder", metavar="DIR", default=".", help="The project's folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="No talk, no progress.")
@click.option("--debug", is_flag=True, help="Show the trace of a failure.")
@click.pass_context
def cli(ctx: click.Context, /, **given: str | bool) -> None:
    """Experts teach small open-weight models on your own machines, with proof.

    Begin with: maalem demo
    """
    ctx.ensure_object(Screen)
    # What stands before the command holds for it, unless it says otherwise itself.
    below = dict.fromkeys(SUBCOMMANDS, given)
    ctx.default_map = {name: {**given, **below} for name in COMMANDS}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code."""
    # Read here already, so that even a misused command fails in the form asked for.
    screen = Screen(as_json="--json" in arguments, debug="--debug" in arguments)
    try:
        code = cli.main(
            args=list(arguments), prog_name="maalem", standalone_mode=False, obj=screen
        )
    except click.exceptions.NoArgsIsHelpError as bare:
        sys.stdout.write(bare.format_message() + "\n")
        return 0
    except (KeyboardInterrupt, click.Abort):
        sys.stderr.write("interrupted; what was done is kept, run the command again\n")
        return 130
    except Exception as error:
        if screen.debug:
            raise
        failure = _explained(error)
        screen.failure(failure)
        return failure.exit_code
    return code if isinstance(code, int) else 0


def _explained(error: Exception) -> MaalemError:
    """Give any failure the form that a person can act on."""
    if isinstance(error, MaalemError):
        return error
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "maalem"
        return UsageError(error.format_message(), hint=f"{command} --help")
    if isinstance(error, OSError) and error.strerror:
        return MaalemError(
            f"the system refused: {error.strerror}",
            why=f"{str(error.filename)[:200]!r}" if error.filename else "",
            hint="see to the path, its rights and the disk, then repeat the command",
            code="app.system",
        )
    return MaalemError(
        f"something unforeseen: {type(error).__name__}",
        why=str(error),
        hint="the same command with --debug, and tell us",
        code="unforeseen",
    )
