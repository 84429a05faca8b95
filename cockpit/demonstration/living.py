"""The process of a demonstration: what is missing of the last fortnight is lived at once, then it goes on."""

import asyncio
import contextlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta

import structlog

from cockpit.demonstration import scenario
from cockpit.demonstration.acts import Act
from cockpit.demonstration.alarms import attend
from cockpit.demonstration.application import Application
from cockpit.demonstration.devices import recording
from cockpit.demonstration.performing import Performer
from cockpit.demonstration.tables import people
from cockpit.parts import Whole, address_of, prepared, publisher
from cockpit.processes import SIGN_S
from cockpit.resources import devices_address
from cockpit.sealing import seal
from cockpit.settings import Settings
from geo.communities import communities
from sensors.bus.live import Changed
from sensors.replay.replay import Replay
from store import demonstration
from store.databases import Databases
from store.engine import be_hasty, writing
from store.held import Held, Holding, held
from store.instant import SECOND, Instant, local_date, now
from store.turns import Duty

log = structlog.get_logger(__name__)

NICE = 4
"""Whoever is shown something goes before whoever makes it up."""
LOOK_S = 1.0
TELL_S = 2.0
PAUSE_S = 0.0
"""Between two acts others have their turn; the process gives way by its niceness."""
ATTEND_EVERY = 20 * SECOND
SLOW = "picture"
"""The kind that takes long; it comes when everything else is there."""


def live(settings: Settings, whole: Whole, sign: Callable[[], None]) -> None:
    """Live until the process is told to end."""
    os.nice(NICE)
    with contextlib.ExitStack() as stack:
        databases, codecs = prepared(settings)
        background = databases.apart(Duty.BACKGROUND)
        for one in background.all:
            # What was lost was not noted either, and is done again.
            be_hasty(one)
        _, outlet = publisher(stack, address_of(settings, whole.pair))
        for community in communities():
            engine = databases.of(community)
            with engine.connect() as connection:
                found = demonstration.began(connection)
            began = now() if found is None else found[1]
            playing = Replay(engine, devices_address(settings), [recording(community, began)], 1)
            stack.callback(playing.stop)
            playing.start()
        told = Telling(outlet.tell)
        staff = {code: (one.name, one.role) for code, one in people().staff.items()}
        application = Application(background, told, codecs, seal(settings, databases), staff)
        # Nobody takes the demonstration out while it lives, and no second one lives it.
        holding = stack.enter_context(held(databases.all, demonstration.LIVES))
        life = Life(background, application, told, outlet.begin_anew, sign, holding)
        asyncio.run(life.run())


class Telling:
    """Tells the screens of a record; not while a fortnight comes in, when they read all anew instead."""

    def __init__(self, tell: Callable[..., None]) -> None:
        self._tell = tell
        self.is_on = False

    def __call__(self, changed: Changed, parts: Changed | None = None) -> None:
        """As `sensors.bus.live.Outlet.tell`."""
        if self.is_on:
            self._tell(changed, parts)


class Life:
    """What happens in all communities, from where it stands on."""

    def __init__(
        self,
        databases: Databases,
        application: Application,
        told: Telling,
        read_anew: Callable[[Iterable[str]], None],
        sign: Callable[[], None],
        holding: Holding,
    ) -> None:
        self._holding = holding
        self._databases = databases
        self._application = application
        self._told = told
        self._read_anew = read_anew
        self._sign = sign
        self._performers: dict[str, Performer] = {}
        self._known: dict[str, list[Act]] = {}
        self._day: date | None = None
        self._attended: Instant = 0

    async def run(self) -> None:
        """Fill what is missing, then go on for as long as the demonstration is not taken out."""
        alive = asyncio.create_task(self._say_alive())
        try:
            await self._live()
        finally:
            alive.cancel()

    async def _say_alive(self) -> None:
        """A sign of life for as long as this loop turns, however long one act takes."""
        while True:
            self._sign()
            await asyncio.sleep(SIGN_S)

    async def _live(self) -> None:
        for code in communities():
            performer = Performer(code, self._application, self._databases.of(code), PAUSE_S)
            performer.remember()
            self._performers[code] = performer
        began = now()
        telling = asyncio.create_task(self._say_filled(began))
        filled = await self._fill(began)
        telling.cancel()
        self._tell_filled(None)
        self._told.is_on = True
        log.info("demonstration_filled", acts=filled, seconds=(now() - began) // SECOND)
        while True:
            await asyncio.sleep(LOOK_S)
            if not self._is_on():
                continue
            moment = now()
            self._look_ahead(moment)
            for code, performer in self._performers.items():
                await performer.perform(self._known[code], moment)
            if moment - self._attended > ATTEND_EVERY:
                self._attended = moment
                for code in self._performers:
                    await attend(self._application, code, moment)

    async def _fill(self, until: Instant) -> int:
        self._look_ahead(until)
        count = 0
        for is_slow in (False, True):
            some = {
                code: _by_day(one for one in acts if (one.kind == SLOW) is is_slow)
                for code, acts in self._known.items()
            }
            # What follows from another comes after it; of pictures the newest are looked at first.
            for day in sorted({day for days in some.values() for day in days}, reverse=is_slow):
                if not self._is_on():
                    return count
                acts = ((performer, some[code].get(day, ())) for code, performer in self._performers.items())
                # While one community's act waits for the database, another's is worked on.
                new = sum(await asyncio.gather(*(performer.perform(due, until) for performer, due in acts)))
                count += new
                if new:
                    self._read_anew(self._performers)
        return count

    async def _say_filled(self, until: Instant) -> None:
        """Say now and then how much of what is due by then is done."""
        self._look_ahead(until)
        of = sum(one.at <= until for acts in self._known.values() for one in acts)
        while of:
            done = sum(performer.performed for performer in self._performers.values())
            self._tell_filled(min(99, 100 * done // of))
            await asyncio.sleep(TELL_S)

    def _tell_filled(self, percent: int | None) -> None:
        for engine in self._databases.all:
            with writing(engine) as connection:
                demonstration.fill_to(connection, percent)

    def _look_ahead(self, moment: Instant) -> None:
        """Know what happens on the last days and today; made anew once a day."""
        today = local_date(moment)
        if today == self._day:
            return
        self._day = today
        for code, performer in self._performers.items():
            with performer.engine.connect() as connection:
                found = demonstration.began(connection)
            seed, began = found or ("", moment)
            first = local_date(began)
            acts = scenario.beginning(seed, code, first, today)
            for back in range(scenario.DAYS, -1, -1):
                acts += scenario.of_day(seed, code, first, today - timedelta(days=back))
            known = [one for one in acts if not performer.is_done(one)]
            self._known[code] = sorted(known, key=lambda one: (one.at, one.key))

    def _is_on(self) -> bool:
        """Whether there is a demonstration to live; ends this process where another may have taken it out meanwhile."""
        if not self._holding.is_sure:
            raise Held(demonstration.LIVES)
        with self._databases.shared.connect() as connection:
            return demonstration.began(connection) is not None


def _by_day(acts: Iterable[Act]) -> dict[date, list[Act]]:
    found: dict[date, list[Act]] = defaultdict(list)
    for one in acts:
        found[local_date(one.at)].append(one)
    return found
