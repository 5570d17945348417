# SPDX-License-Identifier: Apache-2.0
"""The one settings file of a project, read once into frozen settings."""

import dataclasses
import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from maalem.app.declaring import DossierSettings
from maalem.app.keeping import LedgerSettings, StoreSettings
from maalem.app.listening import DeskSettings, SsoSettings
from maalem.app.releasing import ReleaseSettings
from maalem.corpus import ColumnMap, ReadLimits
from maalem.corpus.settings import CorpusSettings
from maalem.dataset import Shares
from maalem.errors import SettingsError
from maalem.evaluation import Resampling
from maalem.experts.influence import InfluenceCap
from maalem.models import Recipe
from maalem.sealing.settings import SealSettings
from maalem.serving import GatewaySettings, LimitSettings, TrafficSettings
from maalem.serving.corrections.settings import CorrectionsSettings
from maalem.serving.routes.settings import RouteSettings
from maalem.serving.upstream.prices import Prices
from maalem.serving.upstream.settings import Upstreams
from maalem.tasks.lines import TomlFile
from maalem.tasks.settings import (
    read_settings,
    read_toml,
    refuse_unknown,
    write_settings,
)

FILE = "maalem.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitSettings:
    """How examples are told apart before anyone has looked.

    Attributes:
        salt: Text that the groups are hashed with; changing it makes another exam.
        teaching: Share that is learned from, in (0, 1).
        calibration: Share that the automation guarantee rests on, in (0, 1).
        exam: Share that is only ever examined on, in (0, 1).
        later_from: ISO 8601 date; groups from then on form a second exam: the drift.
    """

    salt: str = "maalem"
    teaching: float = 0.6
    calibration: float = 0.2
    exam: float = 0.2
    later_from: str | None = None

    @property
    def shares(self) -> Shares:
        """The three shares, checked to sum to 1."""
        return Shares(
            teaching=self.teaching, calibration=self.calibration, exam=self.exam
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """How jobs are run.

    Attributes:
        model_kind: Registered kind of model, such as `classify.v1`.
        engine: Registered engine.
        base: Base model: `auto` chooses by the languages of the teaching split, else
            `minilm-en`, `e5-multilingual`, or a folder inside the project.
        seeds: One model is trained for each; all of them are examined.
        threads: CPU threads of a job, at least 1; another number gives other bits.
        prune: Whether the vocabulary is cut to the pieces that the teaching split uses
            and the 20,000 most common ones.
    """

    model_kind: str = "classify.v1"
    engine: str = "local"
    base: str = "auto"
    seeds: tuple[int, ...] = (0, 1, 2)
    threads: int = 2
    prune: bool = True

    def __post_init__(self) -> None:
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            raise SettingsError(
                f"seeds must be one or more different numbers, got {self.seeds}"
            )
        base = PurePosixPath(self.base)
        if not base.name or base.is_absolute() or ".." in base.parts:
            raise SettingsError(
                f"base must be auto, a packed base or a folder of the project, got "
                f"{self.base!r}"
            )
        if self.threads < 1:
            raise SettingsError(f"threads must be at least 1, got {self.threads}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose project this is.

    Attributes:
        name: Name of the project; the ledger's origin is made from it.
        owner: Pseudonym under which the owner's deeds stand in the ledger.
    """

    name: str = "project"
    owner: str = "owner"

    def __post_init__(self) -> None:
        for key, part in (("name", self.name), ("owner", self.owner)):
            if not part or not part.isprintable() or " " in part or "+" in part:
                raise SettingsError(
                    f"{key} must be printable, without spaces and '+', got {part!r}"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """All settings of a project; each leaf goes to the one step that needs it.

    Attributes:
        project: Whose it is.
        columns: Which column of a table is what.
        corpus: What is done with personal data.
        reading: Limits on reading untrusted files.
        split: How examples are told apart.
        influence: How much of a class may rest on one expert.
        recipe: How a model is taught.
        training: How jobs are run.
        exam: How the intervals of an exam are made.
        release: How many people a release takes.
        desk: Where the desk listens.
        store: Where records and the ledger are kept.
        ledger: Who watches the ledger, and whose ledgers are watched.
        sso: Which identity provider vouches for people.
        seal: How high untrusted work is sealed.
        dossier: What the owner declares for the dossier.
        gateway: What the gateway serves, and how much of it at once.
        upstreams: Which models are served elsewhere, and what may be sent there.
        traffic: What of its traffic is kept, for how long, and who is told.
        limits: How much a key may ask for that has no limits of its own.
        routes: What the gateway may decide about routes, and on how much evidence.
        prices: What answers cost, as far as it is known.
        corrections: How much of what it answers is put before experts.
    """

    project: Identity = field(default_factory=Identity)
    columns: ColumnMap = field(default_factory=ColumnMap)
    corpus: CorpusSettings = field(default_factory=CorpusSettings)
    reading: ReadLimits = field(default_factory=ReadLimits)
    split: SplitSettings = field(default_factory=SplitSettings)
    influence: InfluenceCap = field(default_factory=InfluenceCap)
    recipe: Recipe = field(default_factory=Recipe)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    exam: Resampling = field(default_factory=Resampling)
    release: ReleaseSettings = field(default_factory=ReleaseSettings)
    desk: DeskSettings = field(default_factory=DeskSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    ledger: LedgerSettings = field(default_factory=LedgerSettings)
    sso: SsoSettings = field(default_factory=SsoSettings)
    seal: SealSettings = field(default_factory=SealSettings)
    dossier: DossierSettings = field(default_factory=DossierSettings)
    gateway: GatewaySettings = field(default_factory=GatewaySettings)
    upstreams: Upstreams = field(default_factory=Upstreams)
    traffic: TrafficSettings = field(default_factory=TrafficSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    routes: RouteSettings = field(default_factory=RouteSettings)
    prices: Prices = field(default_factory=Prices)
    corrections: CorrectionsSettings = field(default_factory=CorrectionsSettings)


def leaves() -> dict[str, type]:
    """Name each table of `maalem.toml` and the settings it is read into."""
    return {leaf.name: leaf.type for leaf in dataclasses.fields(Project)}  # type: ignore[misc]  # real classes, no strings


def parse_project(file: TomlFile) -> Project:
    """Read the text of a settings file.

    Raises:
        SettingsError: It is not TOML, or a key or a value is not known; file and line
            are named.
    """
    tables, known = read_toml(file), leaves()
    refuse_unknown(tables, list(known), file=file)
    for key, table in tables.items():
        if not isinstance(table, dict):
            raise SettingsError(
                f"{file.where('', key)}: {key} must be a table",
                hint=f"write [{key}]",
                code="settings.wrong-type",
            )
    return Project(
        **{
            key: read_settings(known[key], table, file=file, table=key)
            for key, table in tables.items()
        }
    )


def read_project(folder: Path) -> Project:
    """Read the settings of the project in a folder.

    Raises:
        SettingsError: The folder is no project, or a setting is refused.
    """
    path = folder / FILE
    if not path.is_file():
        raise SettingsError(
            f"{folder} is not a Maalem project",
            why=f"it has no {FILE}",
            hint=f"maalem init {folder}",
            code="project.missing",
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{FILE} is not UTF-8",
            why=f"byte {error.start} cannot be read",
            code="settings.toml",
        ) from error
    return parse_project(TomlFile(name=FILE, text=text))


def secret_named(variable: str) -> str:
    """Give what an environment variable holds; empty if there is none of that name."""
    return os.environ.get(variable, "")  # noqa: TID251  # secrets stand in no file


def sso_secret() -> str:
    """Give the secret that the identity provider gave this desk; empty without one."""
    return secret_named("MAALEM_SSO_SECRET")


def show_project(project: Project) -> str:
    """Write all settings, defaults filled in, as TOML that reads back the same."""
    return "\n".join(
        f"[{leaf.name}]\n{write_settings(getattr(project, leaf.name))}\n"
        for leaf in dataclasses.fields(project)
    )
