/** What the live channel tells, layer -> key -> record, and `GET /api/v1/{community}/state` of a past time. Times are
 *  epoch milliseconds; what is not known is null. The records are made by the `records` of each layer's queries.py. */
declare namespace Live {
  /** Time, value, and what is thought of it; a fourth, false, where it was not said live. */
  type Reading = [ts: number, value: Value, quality: "good" | "suspect" | "unknown_metric", isLive?: false];
  type Value = number | string | boolean | null;
  type Severity = "minor" | "major" | "critical";
  type Priority = "critical" | "high" | "medium" | "low";

  /** A mean of those devices that are fresh (`n` of `of`); `sources` are those that replay. */
  interface Mean {
    value: number;
    n: number;
    of: number;
    sources: string[];
    ts: number;
    stale_at: number;
  }
  type Means = Record<string, Mean>;
  /** Where values come from: the name of a recording, null for what is measured. */
  type Sources = (string | null)[];

  interface Area {
    code: string;
    name: string;
    name_en: string;
    devices: number;
    sources: Sources;
    metrics: Means;
  }

  interface Command {
    id: string;
    name: string;
    params: Record<string, Value>;
    state: "queued" | "sent" | "done" | "failed" | "expired";
    issued: number;
    expires: number;
    sent: number | null;
    answered: number | null;
    result: string | null;
  }

  /** layers/devices/queries.py; `silence` is after how many ms without a word it is stale. */
  interface Device {
    id: string;
    name: string;
    kind: string;
    kind_name: string;
    area: string | null;
    lon: number | null;
    lat: number | null;
    source: string | null;
    connected: boolean | null;
    connected_at: number | null;
    position_ts: number | null;
    last_seen: number | null;
    silence: number;
    shut_out: number | null;
    clock_offset: number | null;
    suspect: boolean;
    latest: Record<string, Reading>;
    building: string | null;
    room: string | null;
    storey: number | null;
    commands?: Command[];
  }
  /** Under "*" of the devices: the means over the whole community. */
  interface Environment {
    metrics: Means;
    sources: Sources;
  }

  /** layers/grid_events/told.py. */
  interface GridEvent {
    id: string;
    category: string;
    flag: "unknown_category" | null;
    severity: Severity;
    /** Its place by the rule of what matters: while it is in time, and once it is late; 0 is the first. */
    ranks: [inTime: number, late: number];
    title: string;
    area: string | null;
    /** Where, in words, as far as it is known. */
    place: string | null;
    building: string | null;
    lon: number | null;
    lat: number | null;
    source: string | null;
    state: string;
    state_name: string;
    open: boolean;
    unassigned: boolean;
    seq: number;
    due: number | null;
    warn: number | null;
    occurred: number;
    received: number;
  }
  interface GridEventTally {
    open: number;
    /** With nobody; of them those that were given out all the same. */
    unassigned: number;
    given_to_nobody: number;
    by_severity: Record<Severity, number>;
    /** Only states that some event is in. */
    by_state: Partial<Record<string, number>>;
    closed_today: number;
    overdue: number;
    due_soon: number[];
  }

  /** layers/alarms/queries.py; `area` and `site` are names. */
  interface Alarm {
    id: string;
    rule: string;
    name: string;
    name_en: string;
    priority: Priority;
    state: string;
    state_name: string;
    state_name_en: string;
    kind: string;
    subject: string;
    device: string | null;
    metric: string | null;
    value: number | null;
    threshold: number | null;
    said: string | null;
    cause: string;
    source: string | null;
    area: string | null;
    site: string | null;
    /** Where, in words, as far as it is known; of a site and of the system nothing. */
    place: string | null;
    lon: number | null;
    lat: number | null;
    flood: number | null;
    repeats: number;
    sounds: boolean;
    active: boolean;
    raised: number;
    received: number;
    returned: number | null;
    shelved_until: number | null;
    /** The value up to which the deadband holds it, and when an off-delay that has begun ends. */
    back: number | null;
    leaves: number | null;
    rev: number;
  }
  interface Flood {
    id: number;
    began: number;
    count: number;
    first: string;
    first_name: string;
    first_subject: string;
  }
  type Sounding = Record<Priority, number>;
  interface AlarmTally {
    open: number;
    by_state: Record<string, number>;
    sounding: Sounding;
    flood: Flood | null;
  }

  interface Gate {
    name: string;
    lon: number | null;
    lat: number | null;
    /** Since the people inside its site were last set, as all that is told of the site: `since.ts`. */
    entered: number | null;
    stale_at: number | null;
  }
  type CountFigure = "inside" | "entered_today" | "left_today";
  interface Doubt {
    code: string;
    name: string;
    name_en: string;
    figures: CountFigure[];
    gates: string[];
    since: number | null;
  }
  /** inside = base + entered - left + corrected, since `ts`; `is_counted`: `base` was counted on the spot. */
  interface Since {
    ts: number;
    base: number;
    is_counted: boolean;
    entered: number;
    left: number;
    corrected: number;
  }
  interface Festival {
    festival: string;
    name: string;
    name_en: string;
    is_configured: boolean;
    by_calendar: boolean;
    is_peak: boolean;
    since: number;
    until: number | null;
    limits: Record<string, number> | null;
    posts: number | null;
    manned: number | null;
    people: number | null;
    on_duty: number | null;
  }
  /** A site of the visitors: layers/visitors/queries.py; shares are 0 to 1, `hours` are [start, entered, spread]. */
  interface Closing {
    since: number;
    reason: string;
  }
  interface Site {
    site: string;
    name: string;
    name_en: string;
    capacity: number | null;
    capacity_daily: number | null;
    inside: number | null;
    low: number | null;
    high: number | null;
    entered_today: number | null;
    left_today: number | null;
    entered_hour: number | null;
    left_hour: number | null;
    as_of: number | null;
    stale_at: number | null;
    ratio: number | null;
    ratio_daily: number | null;
    clamped: number;
    since: Since | null;
    doubt: Doubt[];
    error_is_default: boolean;
    gates: Record<string, Gate>;
    /** Real gates (source null) and replayed ones apart. */
    sources: { source: string | null; gates: number; entered: number; left: number }[];
    closing: Closing | null;
    hours: [start: number, entered: number, spread: number][];
    level: string | null;
    level_name: string | null;
    level_name_en: string | null;
    level_mark: string;
    level_since: number | null;
    festival: Festival | null;
    /** Of the site that a baseline is known of. */
    entered_year?: number;
    baseline?: { year: number; visits: number };
  }

  /** null of a sealed kind: fewer than 5, or what such a one could be found from. */
  interface MattersOfKind {
    by_state: Record<string, number | null>;
    open: number | null;
    ended: number | null;
    good: number | null;
    good_rate: number | null;
    mean_days: number | null;
    by_topic?: Record<string, number | null>;
  }
  /** Under "*" of governance: layers/governance/figures.py. */
  interface Governance {
    /** Which of the parts below, or kinds of matters, count something that is invented. */
    demo: string[];
    matters: { mediation: MattersOfKind } & Record<string, MattersOfKind>;
    hard: { month: string; solved: number; wanted: number; open: number; overdue: number };
    council: { members: Record<string, number>; meetings_this_year: number; invited: number; came: number; attendance_rate: number | null };
    partners: { by_field: Record<string, number>; deeds_this_year: number; people_this_year: number | null };
    grids: { all: number; with_steward: number };
  }

  /** What the server says of a display, by its number: cockpit/displays/kept.py. */
  interface Display {
    language: string | null;
    programme: Programme;
    scene: string | null;
    /** null: held. */
    scene_until: number | null;
    scene_at: number;
    curtain: boolean;
    curtain_at: number;
    reload_at: number;
  }

  /** layers/services/bookings/live.py: when a room is in use, from the beginning of the day; of what it says nothing. */
  interface RoomUse {
    room: string;
    layer: string;
    busy: [starts: number, ends: number][];
    known_until: number;
  }

  /** layers/services/care/figures.py: null is fewer than five, or not entered. */
  interface Nursery {
    name: string;
    operator: string | null;
    as_of: string | null;
    places: number | null;
    taken: number | null;
    free: number | null;
  }

  /** layers/services/tally.py: what is done for the old and the young today; null is fewer than five, or not entered. */
  interface Tally {
    /** Some of what it counts is invented. */
    demo: boolean;
    meals: { has: boolean; today: number | null };
    check_ins: { has: boolean; count: number | null; seen: number | null; overdue: number | null };
    nurseries: Nursery[];
    lessons: { courses: number; places: number; today: number };
  }

  /** Records by key; under "*" what adds up over the layer. */
  type Keyed<One, Sum> = Record<string, One> & { "*"?: Sum };

  interface State {
    areas?: Record<string, Area>;
    devices?: Keyed<Device, Environment>;
    grid_events?: Keyed<GridEvent, GridEventTally>;
    alarms?: Keyed<Alarm, AlarmTally>;
    visitors?: Record<string, Site>;
    governance?: { "*"?: Governance };
    services?: Keyed<RoomUse, Tally>;
    notices?: Record<string, unknown>;
    reports?: Record<string, unknown>;
    displays?: Record<string, Display>;
  }
  /** What stands under a key that is not "*". */
  interface One {
    areas: Area;
    devices: Device;
    grid_events: GridEvent;
    visitors: Site;
    services: RoomUse;
  }
  type Layer = keyof State;
  /** What changed: null for all. */
  type Changed = State | null;

  /** cockpit/live: a snapshot, then deltas in sequence, a heartbeat while nothing changes. In a delta null is what is gone. */
  type Frame = { seq: number; now: number; community: string; build?: string } & (
    | { type: "snapshot"; layers: State }
    | { type: "delta"; layers: Told; anew?: boolean }
    | { type: "heartbeat" }
  );
  type AnyRecord = Record<string, any>;
  /** layer -> key -> the fields that are otherwise now, null for what is gone. */
  type Told = Record<string, Record<string, AnyRecord | null>>;
}
