"""``cockpit up``, ``cockpit web`` and ``cockpit ingest``."""

import contextlib
from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from cockpit import collector
from cockpit.commands import framed
from cockpit.commands.options import Json, answer, settings
from cockpit.errors import BadSetting
from cockpit.opening import open_databases
from cockpit.people import users
from cockpit.resources import devices_address, reachable
from cockpit.sealing import seal
from cockpit.settings import Settings
from geo.communities import communities
from store.databases import Databases
from store.engine import writing


def up(
    demo: Annotated[
        bool, typer.Option("--demo", help="Live an invented township's life beside the recordings, in data of its own.")
    ] = False,
    recordings: Annotated[bool, typer.Option("--replay", help="Replay the packaged recordings as devices.")] = False,
    speed: Annotated[float, typer.Option(min=0.1, max=3600, help="How fast the recordings play; 1 is real time.")] = 1,
    as_json: Json = False,
) -> None:
    """Run everything: broker and ingest in one process, pages in another; one that ends is begun again."""
    # Here, not above: only what serves needs the pages, and they take seconds to import.
    with collector.importing():
        from cockpit import processes, showing, taking
        from cockpit.beside import Pair
        from cockpit.examine import examine
        from cockpit.listening import listen
        from cockpit.parts import Whole
        from sensors.replay import recording, replay

    found = settings()

    def devices(sign: Callable[[], None]) -> None:
        with taking.taking(found, whole=whole) as taken, contextlib.ExitStack() as stack:
            if demo or recordings:
                engine = taken.databases.of(recording.COMMUNITY)
                playing = replay.Replay(engine, devices_address(found), recording.packaged(), speed)
                stack.callback(playing.stop)
                playing.start()
            sign()
            taking.wait_forever(taken.is_alive, sign)

    def pages(sign: Callable[[], None]) -> None:
        def on_ready(databases: Databases) -> None:
            _say_where(found, databases, as_json)
            sign()

        showing.serve(found, on_ready, whole, sign)

    def life(sign: Callable[[], None]) -> None:
        from cockpit.demonstration.living import live

        live(found, whole, sign)

    examine(found)
    with listen(found) as listening:
        # Not before the ports and the folder are its own: else another's database would be marked.
        _begin(found, is_demonstration=demo)
        whole = Whole(Pair(), listening)
        more = [processes.Part("demonstration", life)] if demo else []
        processes.run([processes.Part("devices", devices), processes.Part("pages", pages), *more])


def web(as_json: Json = False) -> None:
    """Serve pages, API and live channel; the broker is the one of COCKPIT_MQTT_URL."""
    with collector.importing():
        from cockpit import showing

    found = settings()
    showing.serve(found, lambda databases: _say_where(found, databases, as_json))


def ingest(
    community: Annotated[list[str] | None, typer.Option(help="Only this community's devices; may be repeated.")] = None,
    shared: Annotated[
        bool, typer.Option("--shared", help="Share the work with other ingesters; see docs/operations.md.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Store what devices publish; the broker is the one of COCKPIT_MQTT_URL. A second one stands by."""
    with collector.importing():
        from cockpit import taking

    found = settings()
    if shared and found.mqtt_url is not None and not devices_address(found).mqtt5:
        raise BadSetting("--shared needs MQTT 5; without it, split the work by --community")
    only = community or []
    for code in only:
        if code not in communities():
            raise BadSetting(f"--community {code!r} is not one of {', '.join(communities())}")
    with taking.taking(found, taking.Share(only, shared)) as taken:
        state = "closed" if taken.is_closed else "running"
        answer(as_json, {"ingest": state}, f"ingest {state}")
        taking.wait_forever()


def _begin(found: Settings, *, is_demonstration: bool) -> None:
    """Bring the databases up to date, and see that what is sealed in them can be opened, before any process begins."""
    from cockpit.demonstration.beginning import begin

    opened = open_databases(settings())
    try:
        seal(found, opened)
        if is_demonstration:
            begin(opened)
    finally:
        # Each process opens its own.
        opened.close()


def _say_where(found: Settings, databases: Databases, as_json: bool) -> None:
    host = reachable(found.http_host)
    base = f"http://{f'[{host}]' if ':' in host else host}:{found.http_port}"
    walls = {code: f"{base}/wall/{code}" for code in communities()}
    broker = f"{found.mqtt_host}:{found.mqtt_port}" if found.mqtt_url is None else devices_address(found).host
    with writing(databases.shared) as connection:
        secret = users.invite_first(connection)
    # Who opens it may sit at another machine.
    setup = f"{found.public_url or base}/welcome?token={secret}" if secret else None
    told = _for_people if framed.is_watched() else _for_files
    with contextlib.suppress(BrokenPipeError):
        record = {"manager": f"{base}/", "walls": walls, "mqtt": broker, "setup": setup}
        answer(as_json, record, told(base, walls, broker, setup))


def _for_files(base: str, walls: Mapping[str, str], broker: str, setup: str | None) -> str:
    """A line for each, as programs read them."""
    first = next(iter(walls.values()))
    text = f"管理页 manager  {base}/\n大屏   wall     {first}\nMQTT            {broker}"
    if setup:
        text += f"\n首位管理员 first admin, once, within {users.INVITED_HOURS} h   {setup}"
    return text


def _for_people(base: str, walls: Mapping[str, str], broker: str, setup: str | None) -> str:
    """One framed message: what to open now stands last, where the eye is."""
    lines = [f"管理页  manager  {base}/"]
    lines += [f"大屏    wall     {url}  {communities()[code].short}" for code, url in walls.items()]
    lines += [f"设备    MQTT     {broker}", "停止    stop     Ctrl+C"]
    if setup:
        hours = users.INVITED_HOURS
        lines += [
            "",
            f"现在打开下面的链接，设首位系统管理员的用户名和口令（{hours} 小时内，只能用一次）。",
            f"Now open this link and choose the first admin's name and password (once, within {hours} h).",
            "",
            setup,
        ]
    return framed.framed("CIM 驾驶舱 cockpit", lines)
