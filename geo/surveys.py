"""Survey files in: read whatever a surveyor saves, check every feature, take all or none.

A file of a stranger is opened by a child process (`geo.survey`): GeoPackage, GeoJSON, Shapefile, KML, DXF, CSV
with a column WKT. Coordinates become CGCS2000; what lies where it cannot is told with what it looks like:
swapped axes, another zone, degrees that are metres.
"""

from dataclasses import dataclass
from pathlib import Path

import shapely

from geo import ground
from geo.communities import Community
from geo.errors import Fault, SurveyFaults
from geo.survey import drivers
from geo.survey.answer import Asked, Found
from geo.survey_faults import rules
from geo.versions import Feature
from store import budgets
from store.sandbox.ask import Failed, Limits, run

ANSWER_MIB = 48
WORDS_ZH = {
    "memory": "读取它需要超过 {megabytes} MiB 内存",
    "time": "读取它需要超过 {seconds:g} 秒",
    "answer": "其中内容超过 {answer_megabytes} MiB",
    "crash": "无法读取：读取程序中止了",
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How a file is to be read.

    ``crs`` is one of `Crs` or ``EPSG:n``, where the file declares none or is known to declare a wrong one;
    ``source_layer`` one of the file's layers, where it has several; ``accept_shift`` takes coordinates whose way to
    CGCS2000 is not known well.
    """

    crs: str | None = None
    source_layer: str | None = None
    accept_shift: bool = False


@dataclass(frozen=True, kw_only=True)
class Survey:
    """A file that was read and found good: its features, the system that its coordinates were in, and how it was read.

    ``encoding`` is that of its texts and ``names`` some of them; ``left_out`` counts what is no feature (``texts``);
    ``shift`` names a system whose way to CGCS2000 is not known well, "" where it is.
    """

    features: list[Feature]
    crs: str
    encoding: str
    names: list[str]
    source_layer: str
    left_out: dict[str, int]
    shift: str


def read(
    path: Path, layer: str, community: Community, crs: str | None = None, wanted: Wanted | None = None, title: str = ""
) -> Survey:
    """Read a survey file; ``title`` is its name where the path has another.

    Raises
    ------
    SurveyFaults
        With everything that is wrong, by feature.
    Busy
        If too many files are being read already.
    """
    found = _found(path, layer, community, wanted or Wanted(crs=crs), title or path.name)
    if found.faults:
        faults = [Fault(one.feature, one.code, one.kind, one.given) for one in found.faults]
        must_choose = {"several_layers", "no_layer"} & {one.kind for one in faults}
        raise SurveyFaults(faults, found.layers if must_choose else ())
    shapes = shapely.from_wkb([row.geometry for row in found.features])
    features = [
        Feature(
            code=row.code,
            name=row.name,
            name_en=row.name_en,
            kind=row.kind,
            parent=row.parent,
            cim_level=row.cim_level,
            floors=row.floors,
            storey=row.storey,
            height=row.height,
            properties=row.properties,
            geometry=shape,
        )
        for row, shape in zip(found.features, shapes, strict=True)
    ]
    return Survey(
        features=features,
        crs=found.crs,
        encoding=found.encoding,
        names=found.names,
        source_layer=found.source_layer,
        left_out=found.left_out,
        shift=found.shift,
    )


def parents(community: str, layer: str) -> dict[str, str]:
    """What a feature of a layer may name as what it stands in: codes, and names that only one thing has."""
    codes: dict[str, str] = {}
    names: dict[str, list[str]] = {}
    # A layer within itself is replaced as a whole: there only the file's own codes count.
    for other in (one for one in rules()[layer].parents if one != layer):
        for row in ground.rows(community, other):
            codes[row["code"]] = row["code"]
            names.setdefault(row.get("name") or row["code"], []).append(row["code"])
    return {name: found[0] for name, found in names.items() if len(found) == 1} | codes


def _found(path: Path, layer: str, community: Community, wanted: Wanted, title: str) -> Found:
    if not path.is_file():
        raise SurveyFaults([Fault(0, "", "no_file", {"file": repr(str(path))})])
    ending = path.suffix.lower()
    if ending not in drivers.ENDINGS:
        raise SurveyFaults([Fault(0, "", "ending", {"endings": ", ".join(drivers.ENDINGS)})])
    numbers = budgets.current()
    file = f"survey{ending}"
    asked = Asked(
        file=file,
        title=Path(title).stem,
        layer=layer,
        community=community.name,
        near=community.bounds,
        crs=wanted.crs,
        source_layer=wanted.source_layer,
        accept_shift=wanted.accept_shift,
        parents=parents(community.code, layer),
        most_features=numbers.survey_features,
        most_members=numbers.archive_members,
        most_unpacked=numbers.archive_megabytes << 20,
        most_ratio=numbers.archive_ratio,
    )
    limits = Limits(
        megabytes=numbers.survey_megabytes,
        seconds=numbers.survey_seconds,
        file_megabytes=numbers.archive_megabytes,
        answer_megabytes=ANSWER_MIB,
    )
    sent = {file: path} | _beside(path)
    too_large = [one for one in sent.values() if one.stat().st_size > numbers.archive_megabytes << 20]
    if too_large:
        raise _over("answer", limits)
    try:
        return run("survey", asked, Found, limits=limits, files=sent, environment=drivers.environment())
    except Failed as failed:
        raise _over(failed.reason, limits) from None


def _over(reason: str, limits: Limits) -> SurveyFaults:
    numbers = {"megabytes": limits.megabytes, "seconds": limits.seconds, "answer_megabytes": limits.answer_megabytes}
    said = {"said": Failed(reason).told(limits), "said_zh": WORDS_ZH[reason].format(**numbers)}
    return SurveyFaults([Fault(0, "", "limit", said)])


def _beside(path: Path) -> dict[str, Path]:
    """The parts of a Shapefile, however their names are written."""
    if path.suffix.lower() != ".shp":
        return {}
    return {
        f"survey{one.suffix.lower()}": one
        for one in sorted(path.parent.iterdir())
        if one.stem.lower() == path.stem.lower() and one.suffix.lower() in drivers.PARTS and one.is_file()
    }
