/** What the API answers where scripts read it; times are RFC 3339. The routes stand in the api.py of each layer. */
declare namespace Api {
  /** GET /api/v1/displays: what each screen is told, and what it last said. */
  /** cockpit/vitals: how the cockpit itself fares. */
  type VitalState = "high" | "middle" | "unknown" | "well";
  interface Vital {
    code: string;
    name: string;
    kind: "number" | "yes_no" | "no_yes" | "text";
    value: number | string | null;
    unit: string;
    precision: number;
    state: VitalState;
    since: string;
    why: string;
    todo: string;
    limits: { above: number | null; below: number | null };
  }
  interface VitalGroup {
    code: string;
    name: string;
    state: VitalState;
    rows: Vital[];
  }
  interface SystemAlarm {
    rule: string;
    name: string;
    priority: string;
    raised: string;
    returned: string | null;
  }
  interface Health {
    at: string;
    state: VitalState;
    groups: VitalGroup[];
    last_day: { quarantined: { hour: string; count: number }[]; alarms: SystemAlarm[] };
  }

  /** POST /devices, and what gives a device a new secret: told this once. */
  interface Credentials {
    device: string;
    username: string;
    password: string;
    topic: string;
    host: string;
    port: number;
    tls: boolean;
    only_here: "broker" | "address" | null;
    uri: string;
    qr: { size: number; path: string };
  }
  /** GET /devices/{device}/registration */
  interface Registration {
    id: string;
    kind: string;
    name: string;
    lon: number | null;
    lat: number | null;
    raw_lon: number | null;
    raw_lat: number | null;
    crs: string;
    secret_since: string | null;
    hardware_since: string | null;
    revoked: string | null;
    words: { word: string; for: string; metric: string; since: string }[];
    unknown: { word: string; likely: string | null }[];
    refused: { count: number; newest: { received: string; why: string }[] };
    notes: string[];
  }
  /** GET /place */
  interface Place {
    lon: number;
    lat: number;
    area: string | null;
    building: string | null;
    notes: string[];
  }
  /** GET brief: cockpit/brief.py. */
  interface Concern {
    code: string;
    rank: number;
    layer: string;
    layer_name: string;
    tone: "high" | "middle" | "low";
    mark: string;
    grave: string;
    name: string;
    unit: string;
    todo: string;
    why: string;
    value: number;
    before: number | null;
    change: number | null;
    since: string | null;
    subject: string;
    place: string;
    lon: number | null;
    lat: number | null;
    thing: { kind: "event" | "alarm" | "site"; id: string } | null;
    source: string | null;
    rows: { api: string; page: string };
  }
  interface Looked {
    layer: string;
    name: string;
    lines: { code: string; name: string }[];
    missing: { name: string }[];
  }
  interface Brief {
    community: string;
    at: string;
    before: string;
    concerns: Concern[];
    looked: Looked[];
  }

  interface Displays {
    displays: Display[];
    now: string;
    version: string;
  }
  interface Display {
    name: string;
    community: string;
    language: string | null;
    revoked: boolean;
    programme: Programme | null;
    own_programme: boolean;
    chosen: string | null;
    held: boolean;
    curtain: boolean;
    steered: string | null;
    heard: {
      at: string;
      silent: boolean;
      since: string;
      page: string;
      scene: string | null;
      language: string;
      curtain: boolean;
      held: boolean;
      frames: number | null;
      memory: number | null;
      error: string | null;
      error_at: string | null;
      width: number;
      height: number;
      version: string;
    } | null;
  }

  /** GET events/{id}: layers/grid_events/told.py. */
  interface EventProperties {
    id: string;
    category: string;
    category_name: string;
    severity: Live.Severity;
    title: string;
    detail: string | null;
    area: string | null;
    place: string | null;
    device: string | null;
    source: string | null;
    state: string;
    state_name: string;
    seq: number;
    level: string;
    level_name: string;
    grid: string | null;
    /** Nothing where the ground has no such grid any more. */
    grid_name: string | null;
    /** Whoever may not see names gets none. */
    assignee?: string | null;
    unassigned: boolean;
    rating: number | null;
    department: string | null;
    /** On the board: the number of its first photo. */
    photo?: number | null;
    due: string | null;
    warn: string | null;
    ts: string;
    received: string;
  }
  /** GET replay/day: layers/course.py has the marks; times are epoch milliseconds. */
  interface ReplayDay {
    date: string;
    begins: number;
    ends: number;
    until: number;
    first: number;
    observed: boolean;
    marks: ReplayMark[];
    left_out: boolean;
  }
  interface ReplayMark {
    at: number;
    kind: "alarm" | "event";
    id: string;
    symbol: string;
    tone: string;
    rank: number;
    level: string;
    name: string;
    subject: string;
  }
  /** GET replay: how far it came, and frames as those of the live channel. */
  interface ReplayWindow {
    community: string;
    from: string;
    to: string;
    frames: Live.Frame[];
  }
  /** GET /api/v1/users. */
  interface User {
    name: string;
    role: Role;
    communities: string[];
    disabled: boolean;
    invited: boolean;
    accounts: string[];
    real_name: string | null;
    phone: string | null;
    locked: Record<string, string>;
  }
  /** GET first-hour (cockpit/first_hour/api.py) */
  interface FirstHour {
    steps: { code: string; name: string; todo: string; page: string; count: number; at_least: number; done: boolean }[];
    away: boolean;
    broker_only_here: boolean;
  }
  /** GET /backups (cockpit/backups/api.py) */
  interface Backup {
    id: number;
    file: string;
    by: string;
    began: string;
    ended: string | null;
    state: string;
    done: number;
    total: number;
    counted: number | null;
    reason: string | null;
    /** Whether it is at the target still; null where nobody knows. */
    there: boolean | null;
  }
  /** GET /backups: when they are made by themselves, where they go, and how many stay */
  interface BackupPlan {
    at: string | null;
    target: string;
    encrypted: boolean;
    hours: number;
    by_hand_days: number;
    days: number;
    weeks: number;
    months: number;
    schemas: number;
  }
  /** GET /account (cockpit/people/account_api.py) */
  interface Account {
    name: string;
    role: Role;
    communities: string[];
    real_name: string | null;
    phone: string | null;
    locked: Record<string, string>;
    theme: string;
    kinds: { kind: string; text: string; text_en: string; wanted: boolean }[];
    sessions: Session[];
  }
  interface Session {
    id: string;
    began: string;
    used: string;
    agent: string | null;
    source: string | null;
    this: boolean;
  }
  /** GET stewards: a grid and who looks after it; for who may not see names, that somebody does. */
  interface Grid {
    grid: string;
    name?: string | null;
    steward?: string | null;
    has_steward?: boolean;
  }
  /** GET assignees. */
  interface Person {
    name: string;
    load: number;
    account: boolean;
  }
  interface ForecastPoint {
    ts: string;
    mean: number;
    low: number;
    high: number;
  }
  interface ForecastErrors {
    from: string;
    to: string;
    interval: number;
    better: string;
    horizons: ({ hours: number; n: number } & Record<"like_days" | "seasonal_naive", { mae: number; coverage: number }>)[];
  }
  /** GET visitors/{site}/forecast: layers/visitors/forecast/api.py. */
  interface Forecast {
    site: string;
    at: string;
    inside: number;
    day: { kind: string; name: string; name_en: string };
    days: number;
    model: string | null;
    model_name: string | null;
    reason: string | null;
    reason_name: string | null;
    least_days: number;
    past: { ts: string; inside: number }[];
    points: ForecastPoint[];
    baseline: ForecastPoint[];
    errors: ForecastErrors | null;
    is_baseline_better: boolean | null;
    warning: { level: string; name: string; mark: string; ts: string; expected: number; high: number; people: number; mean_ts: string | null; of: string; of_name: string; of_name_en: string } | null;
    capacity: number | null;
    levels: { code: string; name: string; mark: string; people: number }[];
    sources: (string | null)[];
    closing: { since: string; reason: string } | null;
    /** When the people inside begin again at nought, in the hours that are shown. */
    reset: string | null;
  }
  /** GET notices: cockpit/notices/bell.py. */
  interface Notice {
    id: number;
    at: string;
    kind: string;
    text: string;
    subject: string;
    title: string;
    place: string | null;
    place_name: string | null;
    page: string;
    mine: boolean;
    read: boolean;
  }
  interface Transition {
    action: string | null;
    seq: number;
    to: string;
    name: string;
    /** When it came, and where that was told when it was made. */
    at: string;
    ts: string | null;
    actor: string;
    note: string | null;
    assignee?: string | null;
    merged_into?: string | null;
  }
  interface Event extends EventProperties {
    photos: { number: number }[];
    transitions: Transition[];
    duplicates?: string[];
    origin?: { alarm: string } | null;
  }
  interface EventStep {
    to: string;
    note?: string;
    seq: number;
    assignee?: string;
    rating?: number;
    merged_into?: string;
  }
  /** GET events/board: a state and its events. */
  interface Column {
    state: string;
    name: string;
    count: number;
    events: EventProperties[];
  }
  /** GET events/figures: of all, or of a group. */
  interface Figures {
    code?: string | null;
    name?: string | null;
    counts: Record<string, number>;
    rates: Record<string, number | null>;
    hours: Record<string, { n: number; mean: number | null; p90: number | null }>;
    ageing: Record<string, number>;
    backlog: number;
    satisfaction: number | null;
    rated: number;
  }
  /** GET within: what lies in a drawn shape. */
  interface Things {
    devices?: { id: string; name: string }[];
    grid_events?: { id: string; name: string }[];
  }
  interface SurveyLayer {
    name: string;
    features: number;
  }
  /** POST ground/{layer}. */
  interface SurveyReport {
    encoding: string;
    names: string[];
    left_out: Record<string, number>;
    shift: string | null;
    imported: boolean;
    version: number | null;
    features: number;
    crs: string;
    added: number;
    replaced: number;
    removed: number;
    shapes?: Maps.Feature[];
  }
  /** GET places. */
  interface Place {
    code: string;
    name: string | null;
    kind: string;
    area: string | null;
    lon: number;
    lat: number;
    schematic: boolean;
  }
  /** GET governance/matters. */
  interface Matter {
    id: string;
    title: string | null;
    /** Only of what a demonstration brought. */
    demo?: true;
    topic_name?: string | null;
    area: string | null;
    state_name: string;
    opened: string;
    seq: number;
    /** State -> its name. */
    next: Record<string, string>;
  }
  /** GET visitors/{site}/steps. */
  interface CountStep {
    device: string;
    counter: string;
    ts: string;
    since: string | null;
    said: { total: number | null; single: number | null };
    people: number;
    trust: "sound" | "doubtful" | "suspect";
    verdict: string;
    decision: "accepted" | "taken_out" | "open";
    reason: string | null;
    by: string | null;
  }
  /** GET alarms/{id}: layers/alarms/queries.py. */
  interface AlarmStep {
    seq: number;
    event: string;
    name: string;
    name_en: string;
    state: string;
    at: string;
    by: string | null;
    note: string | null;
    value: number | null;
    until: string | null;
  }
  interface Alarm {
    id: string;
    rule: string;
    name: string;
    name_en: string;
    priority: Live.Priority;
    state: string;
    state_name: string;
    state_name_en: string;
    kind: string;
    subject: string;
    device: string | null;
    area: string | null;
    area_name: string | null;
    site: string | null;
    site_name: string | null;
    place: string | null;
    active: boolean;
    latched: boolean;
    by: string | null;
    possible: string[];
    label: string | null;
    cause: string;
    metric: string | null;
    value: number | null;
    threshold: number | null;
    said: string | null;
    source: string | null;
    flood: number | null;
    repeats: number;
    reason: string | null;
    lon: number | null;
    lat: number | null;
    seq: number;
    raised: string;
    received: string;
    returned: string | null;
    acknowledged: string | null;
    cleared: string | null;
    shelved_until: string | null;
    back: number | null;
    leaves: string | null;
    event: { id: string; state: string; open: boolean; at: string } | null;
    /** Of one alarm, not in the list. */
    steps: AlarmStep[];
  }
  /** GET alarm-rules: a version of a rule; what is left out is as it is by default. */
  interface Rule {
    code: string;
    name: string;
    name_en?: string;
    op: string;
    value: number;
    metric: string | null;
    other?: string | null;
    window_s: number;
    on_delay_s?: number;
    off_delay_s?: number;
    deadband?: number;
    priority: Live.Priority;
    cause: string;
    enabled: boolean;
    latched: boolean;
    kind?: string | null;
    area?: string | null;
    site?: string | null;
    devices?: string[];
    schedule?: { from: string; to: string; days?: number[] } | null;
    guidance?: string;
    guidance_en?: string;
    event?: string | null;
    edition?: string;
    suppresses?: string[];
    suppresses_behind?: string[];
    shipped?: boolean;
    version?: number | null;
    by?: string | null;
    at?: string | null;
    /** Why this version was kept. */
    reason?: string;
    versions?: Rule[];
  }
  /** POST alarm-rules/try. */
  interface WouldBe {
    device: string;
    name: string;
    raised: string;
    returned: string | null;
  }
  type Trial = Record<string, any>;
  /** GET duty. */
  interface Duty {
    id: number;
    person: string;
    from: string;
    to: string;
  }
  /** GET alarms/figures. */
  interface AlarmFigure {
    code: string;
    name: string;
    name_en: string;
    value: number | null;
    /** Of a rate, where too little was watched. */
    why?: string;
    unit: string;
    target: string | null;
    is_met: boolean | null;
    source: string | null;
  }
  /** GET visitors: days beside today. */
  interface DayBeside {
    date: string;
    entered: number;
    entered_by_now: number;
    lunar: string;
  }
  interface Besides {
    site: string;
    last_week: DayBeside | null;
    last_year: DayBeside | null;
    last_year_lunar: DayBeside | null;
  }
  interface CapacityVersion {
    from: string;
    instant: number;
    daily: number | null;
    basis: string;
    area_m2: number | null;
    m2_per_person: number | null;
    turnover: number | null;
    /** Left out for whoever may not see names. */
    by?: string;
  }
  interface Capacity {
    instant: number | null;
    versions: CapacityVersion[];
  }
  interface Levels {
    changes: { at: string; from: string | null; to: string | null; inside: number | null; capacity: number | null }[];
  }
  interface Closing {
    closed: boolean;
    words: { closed: boolean; reason: string; by?: string; at: string }[];
  }
  /** A duty of the Tourism Law, article 45. */
  interface LawDuty {
    duty: string;
    name: string;
    to: string;
    clause: string;
    from: string;
    due: boolean;
    done: boolean;
    word: { by: string; at: string; note: string } | null;
  }
  interface Duties {
    occurrence: string | null;
    goes_on: boolean;
    duties: LawDuty[];
    log: { at: string; name: string; done: boolean; note: string; by: string }[];
  }
  interface Count {
    at: string;
    inside: number;
    gates: number | null;
    off: number | null;
    note: string;
    by: string;
  }
  interface Counts {
    counts: Count[];
  }
  interface GateError {
    device: string;
    name: string;
    percent: number;
    default: boolean;
    from: string | null;
    how: string;
  }
  interface Errors {
    gates: GateError[];
  }
  interface NoiseReading {
    name: string;
    value: number;
    ts: string;
    stale: boolean;
  }
  interface Noise {
    class: string | null;
    name?: string;
    limit: number | null;
    period: "day" | "night";
    edition: string;
    basis: string | null;
    readings: NoiseReading[];
  }
  interface Facts {
    schedule: { name: string; from: string; until: string | null; today: boolean; people: string | null; basis: string }[] | null;
    noise: Noise;
  }
  type LunarDay = [month: number, day: number];
  interface Post {
    name_zh?: string;
    code: string;
    name: string;
    site: string;
    people: number;
    on_duty: string[];
  }
  /** GET festivals: layers/visitors/festivals/told.py. */
  interface Festival {
    name_zh?: string;
    code: string;
    name: string;
    name_en: string;
    sites: string[];
    begins: "calendar" | "hand";
    calendar: { first: LunarDay; last: LunarDay; peaks: LunarDay[]; names: string[] } | null;
    limits: Record<string, number> | null;
    posts: Post[];
    units: string[];
    basis: string | null;
    is_configured: boolean;
    on: { by: string; since: string; is_peak: boolean } | null;
    next: { first: string; last: string; peaks: string[] } | null;
  }

  /** GET /registers (layers/services/registers/told.py). */
  type FieldType = "text" | "long" | "integer" | "number" | "money" | "date" | "time" | "clock" | "month" | "yes_no" | "choice" | "choices" | "place" | "row" | "recurrence";
  type Operator = "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "has";
  interface RegisterField {
    code: string;
    name: string;
    help: string;
    unit: string;
    said: string;
    type: FieldType;
    required: boolean;
    personal: boolean;
    computed: boolean;
    fixed: boolean;
    /** The register whose row a "row" names. */
    to: string | null;
    layer: string | null;
    /** Places of the layer that a "place" cannot be. */
    but: string[];
    least: number | null;
    most: number | null;
    choices: Record<string, { name: string }>;
  }
  interface Register {
    code: string;
    name: string;
    about: string;
    scene: string;
    may: Record<"reads" | "writes" | "voids" | "names", boolean>;
    key: string[];
    label: string[];
    totals: string[];
    sums: string[];
    behind: string | null;
    first: string | null;
    states: Record<string, { name: string; open: boolean; to: Record<string, Role> }>;
    quick: { find: string; choose: string; now: string; more: string } | null;
    fields: RegisterField[];
  }
  interface RegisterRow {
    id: number;
    seq: number;
    at: string;
    by: string | null;
    state: string | null;
    voided: boolean;
    locked: string;
    /** Only of what a demonstration brought. */
    demo?: true;
    called: string;
    values: Record<string, any>;
  }
  /** Field -> number of a row that it names -> what that one is called. */
  type Named = Record<string, Record<string, string>>;
  interface RegisterRows {
    total: number;
    rows: RegisterRow[];
    named: Named;
    cursor: string | null;
  }
  interface RegisterVersion extends RegisterRow {
    action: string;
    reason: string | null;
  }
  interface RegisterDetail extends RegisterRow {
    versions: RegisterVersion[];
    named: Named;
  }
  interface RegisterTotal {
    field: string;
    name: string;
    values: { code: string; name: string; count: number | null; sums: Record<string, number> }[];
  }

  /** GET /calendar (layers/services/activities/calendar.py). */
  type DayKind = "workday" | "weekend" | "holiday" | "working_weekend";
  interface CalendarEntry {
    what: "activity" | "lesson" | "booking";
    id: number;
    starts: string;
    ends: string;
    title: string;
    place: string;
    kind: string;
    club: string | null;
    series: string | null;
    cancelled: boolean;
    places?: number | null;
    full?: boolean | null;
  }
  interface CalendarDay {
    day: string;
    lunar: string;
    lunar_short: string;
    term: string;
    traditional: string;
    kind: DayKind;
    is_known: boolean;
    holiday: string;
    festivals: { code: string; name: string; is_peak: boolean }[];
    entries: CalendarEntry[];
  }
  interface Calendar {
    today: string;
    holidays_until: number;
    days: CalendarDay[];
  }
  /** GET /media (layers/services/activities/media.py); consent and shown for stewards. */
  interface Media {
    id: number;
    title: string;
    day: string;
    activity: string | null;
    place: string;
    photo: boolean;
    consent?: boolean;
    shown?: boolean;
  }
  /** GET /reports (cockpit/reports/api.py) */
  interface ReportFile {
    language: string;
    format: "pdf" | "xlsx";
    bytes: number;
    sha256: string;
    kept: boolean;
  }
  interface Report {
    id: number;
    kind: string;
    name: string;
    period: string;
    period_name: string;
    known_at: string;
    is_over: boolean;
    state: "waiting" | "making" | "done" | "failed";
    done: number;
    steps: number;
    by: string;
    reason: string | null;
    files: ReportFile[];
  }
  interface ReportKind {
    kind: string;
    name: string;
    last: string;
    at: string;
    day: number | null;
    weekday: number | null;
    keep_days: number;
    enabled: boolean;
  }
  interface Reports {
    reports: Report[];
    kinds: ReportKind[];
  }
  /** GET /indicators (layers/indicators/told.py): an indicator as it is declared. */
  interface IndicatorDefinition {
    code: string;
    scene: string;
    name: string;
    unit: string;
    period: "day" | "week" | "month" | "year" | "now";
    period_name: string;
    better: "more" | "less" | null;
    sees: string;
    digits: number;
    kind: string;
    formula: Record<string, unknown>;
    about: string;
    factor: { code: string; value: number; year: number; name: string; source: string } | null;
    baseline: { value: number | null; year: number; words: string } | null;
  }
  /** Its figure: GET /scenes/{scene}. */
  interface Indicator extends IndicatorDefinition {
    value: number | null;
    target: number | null;
    share: number | null;
    from: string | null;
    to: string | null;
    as_of: string;
    source: string;
    source_name: string;
    replayed: boolean;
    /** Some of its rows are invented. */
    demo: boolean;
    rows: string;
    page: string;
    trend: { from: string; day: string; value: number | null }[];
    areas: Record<string, number>;
    by_area: boolean;
  }
  interface SceneAnswer {
    scene: {
      code: string;
      name: string;
      mentioned: boolean;
      labels: { text: string; about: string }[];
      facilities: { code: string; name: string; lon: number; lat: number }[];
    };
    indicators: Indicator[];
  }
  /** GET /scenes/leading: what stands for each scene. */
  interface LeadingAnswer {
    scenes: { code: string; name: string; figure: Indicator | null }[];
  }
  /** GET /indicators/{code} */
  interface IndicatorAnswer extends Indicator {
    entries: { id: number; date: string; value: number | null; source: string; note: string; at: string; by: string }[];
    targets: { from: string; value: number | null; reason: string; at: string; by: string }[];
    versions: { seq: number; at: string; by: string; reason: string }[];
  }
}
