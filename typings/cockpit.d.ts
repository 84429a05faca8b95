/** `window.cockpit`: what the scripts share. Each member is set by the script that is named beside it. */

/** A row of sensors/metrics.toml. */
interface Metric {
  code: string;
  name: string;
  name_en: string;
  unit: string;
  label: string;
  kind: "number" | "bool" | "text";
  low: number | null;
  high: number | null;
  precision: number;
  levels: number[];
  counts: boolean;
}

type Role = "wall" | "steward" | "manager" | "admin";

/** GET /api/v1/session, and what the page has found out about it since. */
interface Me {
  name: string | null;
  role?: Role;
  kind?: string;
  communities?: string[];
  csrf?: string | null;
  /** Nobody answers: who it was when this phone last knew. */
  was?: string | null;
  /** Somebody else signed in after the page was opened. */
  isReplacedBy?: string;
  isExpired?: boolean;
}

/** What an address answers. Where it is refused, `body.detail` says why in words, whoever refused. */
interface Answer<Body = any> {
  ok: boolean;
  /** 0 where nobody answered. */
  status: number;
  body: Body;
  retryMs: number | null;
  /** A proxy's answer, not ours. */
  isForeign: boolean;
}
interface Asking extends RequestInit {
  /** After so many ms it is given up. */
  patience?: number | null;
  headers?: Record<string, string>;
}
type Query = Record<string, string | number> | (string | number)[][] | URLSearchParams;

/** A layer that draws itself: what changed by key, null for all. */
interface LayerScript {
  render?(changed?: any): void;
  tick?(): void;
  mapReady?(handle: Maps.Handle): void;
  /** Lines of 24 h, and of which metrics. */
  lines?(): void;
  metrics?(): string[];
}
interface PageScript {
  start?(): void | Promise<void>;
  render?(changed: Live.Changed): void;
}

/** How a reading of the machine's clocks was, and how far the server was ahead (01-clock.js). */
interface Stamp {
  wall: number;
  ahead: number | null;
  isSure?: boolean;
}

interface Clock {
  steady(): number;
  since(steady: number): number;
  server(): number;
  told(ms: number): void;
  toldBy(answer: Response): void;
  leapt(): number;
  stamp(): Stamp;
  timeOf(stamp: Stamp): number | null;
}

interface RowWords {
  text: string;
  unit?: string;
  level?: number;
  staleSince?: number | null;
  note?: string;
  title?: string;
}
interface Programme {
  name: string;
  from: string;
  until: string | null;
  people: string | null;
  said: string | null;
  months: number[];
  weekdays: number[];
}
interface PanelWords {
  waiting: boolean;
  sources: Live.Sources;
  ts: number | null;
  own?: string;
}
type Line = [ms: number, value: number][];

/** A part of a form that knows how to read itself (07-forms.js). */
interface Field extends HTMLElement {
  read(): Record<string, any>;
}
type Work = () => unknown;
interface Found {
  id: number;
  called: string;
  isExact?: boolean;
}
/** The page of registers (70-registers.js to 73-register-quick.js). */
interface RegistersScript {
  /** `keys`: of registers whose rows are named, the one field by which a row is. */
  declared: { register: Api.Register; places: Record<string, Record<string, string>>; keys: Record<string, string> };
  refresh(): void;
  text(field: Api.RegisterField, value: any, named: Api.Named): string;
  control(field: Api.RegisterField, value: any, named?: Api.Named): Field;
  address(below?: string, code?: string): string;
  offer(input: HTMLInputElement, id: string, code: string, take: (row: Found | null, isEager?: boolean) => void, isEager?: boolean): HTMLElement;
  /** `isExact`: the words are the whole key of the row, which comes first. */
  search(code: string, words: string, limit: number): Promise<Found[]>;
  controls: Partial<Record<Api.FieldType, (field: Api.RegisterField, value: any, named: Api.Named) => Field>>;
  /** A rule of recurrence in words (70-register-recurrence.js). */
  ruleSaid(rule: string): string;
  computed(row: Api.RegisterRow): string[];
  /** By what stands behind a register: what else is done with it (75-register-books.js). */
  tools: Partial<Record<string, { name: string; open(): void }>>;
  /** By register: what a row's dialog says besides (75-register-points.js). */
  parts: Partial<Record<string, (row: Api.RegisterDetail) => HTMLElement>>;
  plain(heads: string[], rows: string[][]): HTMLElement;
  /** `given`: what a new row begins with. */
  open(row: number | null, given?: Record<string, any>): Promise<void>;
  dialog(title: string): HTMLElement;
  close(): void;
  showFaults(place: HTMLElement, faults: { field: string; why: string }[]): void;
  take(): void;
  startQuick(): void;
  erasing(row: Api.RegisterRow): HTMLElement;
}
/** Moving events on the board (58-board-moves.js); steps by their codes, with what a button says. */
interface BoardMoves {
  from(state: string): Record<string, string>;
  fromAll(states: string[]): Record<string, string>;
  effect(code: string, n: number): string;
  chooser(id: string, state: string, take: (id: string, to: string) => void): HTMLElement | null;
  draggable(card: HTMLElement): void;
  target(column: HTMLElement, take: (id: string, to: string) => void): void;
  undo(taken: { id: string; seq: number }[], outcome: HTMLElement): HTMLElement;
}
/** The same step for many events (59-batch.js). */
interface Batch {
  has(id: string): boolean;
  /** Those that are chosen from now on. */
  choose(ids: string[]): void;
  pick(id: string, isPicked: boolean): void;
  /** A step for some, whatever is chosen. */
  send(to: string, which: string[]): Promise<void>;
  start(): Promise<void>;
}
/** What a list is narrowed to (41-narrowing.js). */
interface Narrowing {
  set(given: Record<string, string>): void;
  asked(): Record<string, string>;
  /** What a code is called. */
  word(code: string, value: string): string;
  /** As the API takes it. */
  query(): URLSearchParams;
  /** Say why there is no answer: what stands there is of another question. */
  refuse(why: string): void;
  /** Say how many there are; `word` says it, `shown` are in the list. */
  count(total: number, shown: number, word: string): void;
}
/** Figures of the nine scenes as pages and walls show them (77-scene-figures.js). */
interface SceneFigures {
  theme(): string;
  number(one: Api.IndicatorDefinition, value: number | null): string;
  value(one: Api.Indicator): HTMLElement;
  target(one: Api.Indicator): string | null;
  foot(one: Api.Indicator): string;
  unreal(one: Api.Indicator): string;
  line(one: Api.Indicator): HTMLElement | null;
  baseline(one: Api.Indicator): string | null;
}
interface Forms {
  entry(name: string, note: string, actions?: [label: string, work: Work][]): HTMLElement;
  form(title: string, inputs: Field[], submit: (said: Record<string, any>) => unknown, verb?: string): HTMLElement;
  redraw(place: HTMLElement, ...parts: Node[]): void;
  once(button: HTMLButtonElement, work: Work): Promise<void>;
  field(label: string, input: HTMLElement, read: () => Record<string, any>): Field;
  text(name: string, label: string, most: number, long?: boolean): Field;
  number(name: string, label: string): Field;
  moment(name: string, label: string): Field;
  choice(name: string, label: string, options: Record<string, string>, isOptional?: boolean): Field;
}

/** Why something was not taken; a status of 0: nobody answered. */
interface Refusal {
  status: number;
  text: string;
}
interface PhotoBytes {
  bytes: ArrayBuffer;
  type: string;
  /** Which of the sizes; null as it came. */
  step: number | null;
  isOriginal?: boolean;
}
interface Photo extends PhotoBytes {
  id: string;
  report: string;
  reason?: Refusal | null;
}
/** life.toml as the pages have it (cockpit/pages/event.py). */
interface Life {
  states: Record<string, { name: string; verb: string; given_out?: boolean; to: Record<string, Role> }>;
  actions: Record<string, { name: string; verb: string; in: string[]; role: Role }>;
}
/** A task as a card shows it, and as the phone keeps it. */
type Task = Pick<Api.EventProperties, "id" | "title" | "detail" | "severity" | "state" | "state_name" | "seq" | "due" | "area" | "source">;
/** A step that is taken on the phone: to which state, from which, and after which row of the history. */
interface PhoneStep {
  to: string | null;
  name: string;
  seq: number;
  from: string;
  /** The server has it; perhaps not all of its photos. */
  isTaken?: boolean;
}
/** 09-steps.js */
interface Steps {
  /** Of an event, those that the server does not have, in their order. */
  open(event: string): Promise<(FiledReport & { step: PhoneStep })[]>;
  /** The step before this one that was refused: until that is settled this one waits. */
  before(one: FiledReport): Promise<FiledReport | null>;
  asked(one: FiledReport): { to?: string | null; note: string; seq?: number };
  draft(event: string): Promise<FiledReport | null>;
  write(told: Task, note: string): Promise<string>;
  addPhoto(told: Task, note: string, made: PhotoBytes): Promise<void>;
  take(told: Task, note: string, to: string, name: string): Promise<boolean>;
  ahead(told: Task): Promise<Task & { open: (FiledReport & { step: PhoneStep })[] }>;
  again(one: FiledReport): Promise<string | null>;
  photosOnly(one: FiledReport): Promise<void>;
  rewrite(id: string, note: string): Promise<void>;
}
interface LonLat {
  lon: number;
  lat: number;
}
interface Position extends LonLat {
  crs: string;
  name?: string;
}
/** An area or a building on the plan; rings of [lon, lat]. */
interface Outlined {
  kind: "area" | "building";
  code: string;
  name: string;
  /** What stands on it in the plan. */
  label: string;
  rings: [number, number][][];
}
/** 58-report-place.js */
interface ReportPlace {
  position: Position | null;
  /** Of a report that was begun before. */
  isKept: boolean;
  field(tell: () => void): Node[];
  given(): Partial<Position>;
  words(): string;
  choose(position: Position | null, isKept?: boolean): void;
  areaName(code: string): string;
  keepDevices(): void;
}
interface FiledBody {
  category?: string | null;
  title: string;
  detail?: string;
  lon?: number;
  lat?: number;
  crs?: string;
  ts?: number;
}
/** A report on the phone (09-outbox-store.js). */
interface FiledReport {
  id: string;
  /** Its place in the order in which things were filed on this phone. */
  n?: number;
  owner: string | null;
  community: string;
  state: "draft" | "waiting" | "refused" | "sent";
  body: FiledBody;
  tries: number;
  /** The event's number, once the server has it. */
  event: string | null;
  stamp: Stamp;
  isFilled?: boolean;
  reason?: Refusal | null;
  hold?: { since: number; ms: number } | null;
  isOther?: boolean;
  near?: number;
  step?: PhoneStep | null;
}
interface OutboxStore {
  fault: string | null;
  reports(): Promise<FiledReport[]>;
  photos(report: string): Promise<Photo[]>;
  putPhoto(photo: Photo): Promise<void>;
  change(id: string, alter: (kept: FiledReport | null) => FiledReport | null | false): Promise<FiledReport | null | false>;
  removePhoto(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  isHeld(): boolean;
  doubts(): Promise<string | null>;
}
interface OutboxSaid {
  ok: boolean;
  event: string | null;
  /** The name of the step, where it is one. */
  step?: string | null;
  near?: number;
  isWaiting?: boolean;
  text: string;
}
interface Outbox {
  sending: string | null;
  owner(): string | null;
  known(me: Me): void;
  look(): Promise<void>;
  mine(): Promise<FiledReport[]>;
  counts(): Promise<{ mine: number; waiting: number; drafts: number; refused: number; others: number }>;
  newId(): string;
  keep(id: string, body: FiledBody, isFilled: boolean): Promise<FiledReport | null | false>;
  file(id: string, body: FiledBody): Promise<FiledReport | null | false>;
  addPhotos(event: string, title: string, made: PhotoBytes[]): Promise<string>;
  reopen(id: string): Promise<FiledReport | null | false>;
  again(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  flush(): Promise<void>;
  next(): Promise<number>;
  changed(isOwn?: boolean): void;
  /** 09-waiting-mark.js */
  mark(): HTMLElement;
  /** 58-report.js */
  say(ok: boolean, text: string): boolean;
  sayKept(): void;
}

/** What a card of the map says (23-map-card.js). */
interface CardWords {
  title: string;
  lines: string[];
  link?: string;
  trend?: { device: string; metric: string } | null;
  acts?: [name: string, run: () => void][];
  ask?: string;
  told?(answer: any): string[];
}
interface MapScript {
  /** There from the first `whenUp` on; what is set while the map is lost waits (`isUp`). */
  handle: Maps.Handle;
  isUp: boolean;
  always: ((handle: Maps.Handle) => void)[];
  /** On a manager's page only. */
  tools: ((handle: Maps.Handle) => void)[];
  put(what: string, set: (handle: Maps.Handle) => void, change?: (handle: Maps.Handle) => void): void;
  whenUp(work: (handle: Maps.Handle) => void): void;
  listen(handle: Maps.Handle): void;
  setFeatureState(source: string, id: string, state: Record<string, Maps.Style>): void;
  setState(source: string, id: string, state: Record<string, Maps.Style>): void;
  raise(): void;
  watch(): void;
  canBegin(): boolean;
  start(): void;
  setFeatures(source: string, features: Maps.Feature[]): void;
  changeFeatures(source: string, changed: Map<string, Maps.Feature | null>): void;
  goTo(at: Maps.Position, zoom: number): void;
  follow(other: MapScript): void;
  file(name: string): string;
  pulse(source: string, id: string): void;
  layOut(): void;
  /** Pixels of a u on the map. */
  u(): number;
  look(corners: Maps.Position[] | null): void;
  uncover(): void;
  outline(): Maps.Position[];
  camera(): Record<string, any>;
  /** 27-map-sun.js */
  shine(): void;
  /** 29-map-pin.js */
  pin(moved: (at: Maps.Position, isOver: boolean) => void): { set(to: Maps.Position | null): void };
}

/** A scene of the wall, as cockpit/displays/scenes.py tells it: 36-programme.js. */
interface Scene {
  code: string;
  /** Its row of scenes.toml, which several may be of. */
  of: string;
  name: string;
  name_en: string;
  /** The panel and the row that it brings out. */
  panel: string | null;
  row: string | null;
  /** A layer whose open things it looks at, else corners; null: the whole. */
  live: string | null;
  /** What of a layer lies over the map. */
  cover: string | null;
  outline: Maps.Position[] | null;
}

/** What screens show in turn, and how: cockpit/displays/programme.py. Times are "HH:MM" in Asia/Shanghai. */
interface Programme {
  turns: boolean;
  pixel_shift: boolean;
  scenes: ProgrammePart[];
  brightness: { from: string; percent: number }[];
}
interface ProgrammePart {
  scene: string;
  seconds: number;
  from?: string;
  to?: string;
}

/** An alarm as the pages of alarms keep it: what the API says, as the live channel tells it. */
type KnownAlarm = Live.Alarm & { live?: Live.Alarm };
interface AlarmWord {
  name: string;
  name_en: string;
  label?: string | null;
  precision?: number;
  /** The words for 0, 1 and so on, of what counts steps. */
  values?: { name: string; name_en: string }[];
}
interface AlarmEvent {
  name: string;
  name_en: string;
  /** What who brings it about does; "" where nobody does. */
  verb: string;
  role: Role | null;
  to: Record<string, string>;
  active: Record<string, string>;
  inactive: Record<string, string>;
  latched: Record<string, string>;
}
/** 12-replay.js; what `begin`, `render` and `keep` are for, 37-replay-bar.js says. */
interface ReplayScript {
  isOn(): boolean;
  state(): { day: Api.ReplayDay | null; speed: number; isPlaying: boolean; isWaiting: boolean; isOver: boolean };
  start(): Promise<void>;
  play(isOn: boolean): void;
  setSpeed(times: number): void;
  seek(ms: number): void;
  word(): string;
  begin?(): void;
  render?(): void;
  keep?(): void;
}

/** layers/alarms/look.toml and life.toml, as the pages carry them. */
interface AlarmWords {
  priorities: Record<string, { symbol: string; tone: string; name: string; name_en: string }>;
  derived: Record<string, AlarmWord>;
  ops: Record<string, AlarmWord>;
  causes: Record<string, AlarmWord>;
  life: { states: Record<string, { name: string; name_en: string; open: boolean; sounds: boolean }>; events: Record<string, AlarmEvent> };
}
interface AlarmsScript {
  LOUDEST: Live.Priority[];
  words(): AlarmWords;
  look(priority: string): AlarmWords["priorities"][string];
  priorities(): Live.Priority[];
  rank(one: { priority: Live.Priority }): number;
  tally(): Live.AlarmTally | null;
  mark(priority: string, className?: string): HTMLElement;
  figure(metric: string | null, value: number | null | undefined): string;
  metricName(metric: string | null): string;
  said(one: Pick<Live.Alarm, "metric" | "value" | "threshold" | "said">): string;
  isWord(one: Pick<Live.Alarm, "metric">): boolean;
  valueSaid(one: Pick<Live.Alarm, "metric" | "value" | "said">): string;
  limitSaid(one: Pick<Live.Alarm, "metric" | "threshold">): string;
  /** 35-alarm-values.js */
  held(one: Live.Alarm): string;
  saidNow(one: Live.Alarm): string;
  valuesMoved(ids: Set<string>): void;
  subject(one: Pick<Live.Alarm, "device" | "kind" | "site" | "subject">): string;
  where(one: Pick<Live.Alarm, "place">): string;
  open(): Live.Alarm[];
  sounding(): Live.Alarm[];
  unseen(): Live.Alarm[];
  count(sounding: Live.Sounding, priority: Live.Priority): number;
  total(sounding: Live.Sounding): number;
  link(id: string): string;
  called(code: string): string;
  floodWords(flood: Pick<Live.Flood, "count" | "first_name" | "first_subject">): string;
  /** 35-alarm-map.js, 35-alarm-tone.js */
  card(id: string): CardWords | null;
  tone(tally: Live.AlarmTally): void;
  play(): void;
  /** 65-alarms*.js */
  isPicked(cause: string): boolean;
  pick(cause: string, isPicked: boolean): void;
  clearChosen(): void;
  pickedMoved(): void;
  showFlood(going: Live.Flood | null, left: number): void;
  drawChart(figure: HTMLElement, one: Live.Alarm): Promise<void>;
  fromApi(told: any): KnownAlarm;
  chosen(): string | null;
  choose(id: string | null, isAsked?: boolean): void;
  moved(ids: string[]): void;
  eventsMoved(ids: string[]): void;
  viewsMoved(): void;
  startViews(): void;
  shelving(): Field[];
  whyNot(answer: Answer, code: string): string;
  readAgain(): Promise<void>;
  listAgain(): void;
  /** Say how many are in the list that is shown. */
  counted(total: number, isKnown: boolean): void;
  soundingOf(picked: Iterable<string>): string[];
  BATCH: string[];
  possible(one: Pick<Live.Alarm, "state" | "active">): string[];
  possibleOf(picked: Iterable<string>, event: string): string[];
  renamed?(ids: Set<string>): void;
  openOf(id: string): KnownAlarm | null;
  redrawCauses(picked: string[]): void;
  /** 66-alarm-rule-form.js */
  ruleFields(rule: any, isNew: boolean): { box: HTMLElement; read(): Record<string, any>; faults(wrong: Record<string, string> | undefined): string[] };
}

type Status = "online" | "stale" | "offline" | "suspect";
/** What of a site's figures is doubtful, in words. */
interface DoubtWords {
  figures: Live.CountFigure[];
  word: string;
  where: string;
  text: string;
}

interface Cockpit {
  /** 00-core.js */
  state: Live.State;
  layers: Record<string, LayerScript>;
  pages: Record<string, PageScript>;
  /** The page's root; there before any page or layer is started. */
  root: HTMLElement;
  metrics: Record<string, Metric>;
  at: number | null;
  plotly(): PlotlyBundle | null;
  keyed<T extends object>(of: T): T;
  link(path: string): string;
  atQuery(mark: "?" | "&"): string;
  ask(path: string, query?: Query): Promise<any>;
  time: {
    EAST_MS: number;
    local(ms: number): string;
    typed(ms: number): string;
    clock(ms: number): string;
    minute(ms: number): string;
    date(ms: number): string;
    day(ms: number): string;
    hour(ms: number): number;
    isToday(ms: number): boolean;
    short(ms: number): string;
    brief(ms: number): string;
    full(ms: number): string;
  };
  number(value: number | null | undefined, precision?: number | null): string;
  inOrder<One>(measured: Record<string, One>): [code: string, one: One][];
  reading(code: string, value: Live.Value): string;
  level(code: string, value: number | null | undefined): number;
  MARKS: string[];
  LEVEL_WORDS: string[];
  find<Tag extends keyof HTMLElementTagNameMap>(selector: Tag): HTMLElementTagNameMap[Tag] | null;
  find(selector: string): HTMLElement | null;
  need<Tag extends keyof HTMLElementTagNameMap>(selector: Tag, place?: ParentNode): HTMLElementTagNameMap[Tag];
  need(selector: string, place?: ParentNode): HTMLElement;
  findAll(selector: string): Iterable<HTMLElement>;
  setText(element: Element | null, text: string): void;
  /** Say of one of several whether it is the one that is shown: `what` it is then, "true" or "page". */
  setCurrent(element: Element, isCurrent: boolean, what?: "true" | "page"): void;
  element<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, className?: string, text?: string | null): HTMLElementTagNameMap[Tag];
  table(head: (string | Node)[], rows: (string | Node)[][], className?: string): HTMLTableElement;
  nothing(what: string, next: string): HTMLElement;
  untold(): HTMLElement;
  nothingRow(what: string, next: string): HTMLTableRowElement;
  u(): number;
  /** 01-clock.js */
  clock: Clock;
  offset: number;
  now(): number;
  language: string;
  /** A message in the page's language; its Chinese is its key, ``{name}`` stands for what is given under that name. */
  say(text: string, places?: Record<string, any>): string;
  sayN(text: string, n: number, places?: Record<string, any>): string;
  own<Said>(said: Said): Said;
  compact(value: number): string;
  /** 02-request.js */
  request(path: string, options?: Asking): Promise<Answer>;
  /** 03-news.js: say something new once, to who listens. */
  news(text: string): void;
  /** 03-news.js: whether what was not known is new, and did not only come up as others ended. */
  isNews(one: { received: number }): boolean;
  /** 41-moment.js */
  startMoment(): void;
  /** 08-language.js */
  startLanguages(): void;
  /** Let what scrolls sideways be reached by keys, now and as it comes. */
  watchScrolling(): void;
  /** 44-help.js: the "?" of a figure of help.toml (`group.row`), null where the page tells nothing of it; a name with it. */
  help(key: string): HTMLButtonElement | null;
  helped(name: string, key: string): HTMLElement;
  /** 41-narrowing.js; `changed` is called when something else is asked for. */
  narrowing(changed: () => void): Narrowing;
  /** 58-board-moves.js */
  boardMoves: BoardMoves;
  /** 41-days.js; a day as 2026-11-26. */
  monthOfDays(chosen: string, take: (day: string) => void): HTMLElement;
  /** 74-rooms.js; ``way`` leads to a booking that would end then, null where there is none; null where there are no rooms. */
  roomsOfDay(day: string, way: (given: Record<string, string>, ends: number) => HTMLElement | null): Promise<HTMLElement | null>;
  /** 59-batch.js */
  batch(of: { known(id: string): { title: string; state: string; seq: number } | undefined; show(chosen: Set<string>): void }): Batch;
  /** 53-events-views.js */
  startViews(): Promise<void>;
  /** 43-rows.js */
  rowsAddress(path: string, asked?: Record<string, string>): string;
  toRows(text: string, path: string, asked?: Record<string, string>): HTMLAnchorElement;
  startRows(): void;
  /** 56-governance-rows.js */
  governanceRows(): void;
  /** 42-listed.js; what it answers asks anew. */
  listed(table: string | ((rows: any[]) => void), ask: (narrowed: Narrowing) => Promise<{ rows: GridRow[]; total: number; word: string }>): Promise<() => Promise<void>>;
  startHelp(): void;
  /** 05-actions.js */
  me: Me | null;
  whoAmI(isAgain?: boolean): Promise<Me>;
  may(least: Role): boolean;
  canDo(least: Role): boolean;
  notThen(): string;
  reason(answer: { status: number; body: any }): string;
  whyNot(least: Role): string | null;
  refuse(place: HTMLElement, text: string): void;
  signInLink(): HTMLAnchorElement;
  get(path: string): Promise<any>;
  post(path: string, body: object, options?: Asking): Promise<Answer>;
  reloadSaying(text: string): void;
  sayKept(element: Element | null): void;
  sayOutcome(element: Element, ok: boolean, text: string): void;
  /** 06-bell.js */
  bell(): HTMLElement;
  /** 06-account.js: what is one's own, under one's name; text with a button that copies it. */
  accountMenu(name: string, leave: HTMLElement): HTMLElement;
  copyable(text: string): HTMLElement;
  /** 07-far.js: how far long work has come; a request is given its name as `work`, and a link that downloads is followed. */
  far: {
    begin(place: HTMLElement): { name: string; end(): void; isDownload: boolean };
    download(link: HTMLAnchorElement, place: HTMLElement): void;
  };
  /** 06-filling.js */
  tellFilling(): Promise<void>;
  /** 77-backups.js */
  showBackups(): Promise<void>;
  /** 63-first-hour.js */
  firstHour(): Promise<void>;
  /** 77-scene-figures.js */
  sceneFigures: SceneFigures;
  /** 07-forms.js, 08-unsaved.js */
  forms: Forms;
  holds(hold: () => boolean): void;
  hasUnsaved(): boolean;
  /** 09-*.js */
  outboxStore: OutboxStore;
  outbox: Outbox;
  photos: { MOST: number; prepare(file: File): Promise<PhotoBytes>; smaller(photo: PhotoBytes): Promise<PhotoBytes | null> };
  /** 10-live.js, 11-past.js */
  live: { state(layers: any): Live.State; up: boolean; isDoubted: boolean; isOutdated: boolean; owed: number | null; start(): void; check(): void; renew(): boolean; show(frames: Live.Frame[]): void };
  past: { start(): Promise<void> };
  /** 12-replay.js, 37-replay-bar.js */
  replay: ReplayScript;
  /** 15-panels.js */
  setRow(key: string, what: RowWords): void;
  setMore(key: string, cells: [name: string, figure: string][]): void;
  extentWords(code: string, points: Line): [name: string, figure: string];
  setFigure(key: string, text: string): void;
  setPanel(code: string, what: PanelWords): void;
  replayed(source: string): string;
  unreal(source: string | null | undefined, beside?: string): string;
  markInvented(place: Element, isInvented: boolean): void;
  sourceWords(sources: Live.Sources, own?: string): string;
  allSources(records: { sources?: Live.Sources }[]): Live.Sources;
  newest(metrics: Live.Means): number | null;
  meanRow(code: string, mean: Live.Mean | undefined, isMixed?: boolean, area?: string | null): RowWords;
  drawSpark(key: string, points: Line, low: number, high: number): void;
  drawLine(place: HTMLElement, points: Line, low: number, high: number): void;
  fit(place: HTMLElement, draw: () => void): void;
  grown(place: HTMLElement, draw: (wide: number) => SVGElement): SVGElement;
  loadTrends(metrics: string[], then: () => void): Promise<void>;
  forgetTrends(): void;
  trend(code: string, area: string, mean: Live.Mean | undefined): Line;
  extent(points: Line): [low: number, high: number];
  /** 19-map-keep.js to 29-map-stewards.js */
  map: MapScript;
  ICON_SIZE: number;
  drawIcons(handle: Maps.Handle): void;
  legendShows(group: string, icons: Set<string>): void;
  /** `of`: what a feature of the map's source is said to be of; null where nothing is to be said. */
  card: { of(source: string, of: Record<string, any>): CardWords | null; ofDevice(id: string): CardWords | null; ofRoom(of: any): CardWords | null; show(content: CardWords | null): void };
  storeys: { of(building: string): number[]; open(building: string, storey: number): void };
  /** 24-map-rooms.js: whether a room is in use now and until when (ms; null where no end is known), and the same in words. */
  rooms: { use(code: string): { isBusy: boolean; until: number | null } | null; words(code: string): string };
  colouring: { metresToServices(building: string): number | null };
  drawing: boolean;
  stewardOf(grid: Api.Grid): string | null;
  bySteward(grids: Api.Grid[]): Map<string | null, Api.Grid[]>;
  /** 27-map-sun.js: degrees from north, and above the horizon */
  sun(ms: number, lon: number, lat: number): { azimuth: number; altitude: number };
  /** 30-areas.js, 31-devices.js, 32-visitors.js */
  areaName(code: string): string;
  chooseMetric(code: string): void;
  devices(): Live.Device[];
  /** Those that stand on one spot with a place. */
  onSpot(lon: number, lat: number): Live.Device[];
  /** 46-credentials.js, 51-device-chart.js, 51-device-kept.js */
  pagesOnlyHere(): string;
  brokerOnlyHere(why: Api.Credentials["only_here"]): string;
  showCredentials(place: HTMLElement, of: Api.Credentials, sample: string): HTMLElement;
  startChart(): void;
  chartHeard(one: Live.Device): void;
  startKept(): Promise<void>;
  keptChanged(one: Live.Device): void;
  STATUS: Record<Status, [mark: string, word: string]>;
  statusOf(device: Live.Device): Status;
  suspects(): Live.Device[];
  doubtsOf(site: Live.Site): DoubtWords[];
  bandOf(site: Live.Site): string;
  crowding(site: Live.Site): number;
  levelOf(site: Live.Site): string;
  /** 18-map-flat.js */
  flatMap(wanted: boolean): void;
  closedWords(closing: Live.Closing | null, inside: number | null): { head: string; more: string };
  /** 33-grid-events.js */
  gridEvents(): Live.GridEvent[];
  /** 34-alarms.js */
  alarms: AlarmsScript;
  /** 70-register-fields.js */
  registers: RegistersScript;
  /** 60-cells.js */
  cellText(drawnBy: string | undefined, value: any): string;
  widen(): Promise<void>;
  /** 36-curtain.js, 36-rounds.js */
  told(): Live.Display | null;
  curtain: { isDrawn(): boolean; hides(layer: string | null): boolean; toggle(): void; apply(): void };
  rounds: {
    programme(): Programme;
    minute(ms: number): number;
    minuteOf(text: string): number;
    due(scenes: Scene[], ms: number): Scene;
    brightness(ms: number): number;
  };
  /** 37-display.js, 38-watchdog.js */
  display: { note(text: unknown): void };
  watchdog: { check(): Promise<void> };
  /** 40-page.js */
  render(changed: Live.Changed): void;
  refreshTrends(): void;
  ago(ms: number): string;
  sayBand(text: string): void;
  showConnection(): void;
  /** 62-displays-programme.js */
  displayProgramme(
    first: Api.Display,
    words: { parts: Record<string, string>; default: Programme },
    displays: string[] | null,
    outcome: HTMLElement,
  ): HTMLElement;
  /** 58-report-list.js, 58-report-tasks.js, 63-roster.js, 68-forecast.js */
  reportList: { show(): Promise<void>; edit(draft: FiledReport): Promise<void>; open: string | null };
  showTasks(): Promise<void>;
  startTasks(): Promise<void>;
  forgetTasks(): void;
  thumb(photo: Photo, dropped: () => Promise<unknown>): HTMLElement;
  steps: Steps;
  reportPlace: ReportPlace;
  reportPlan(ground: Outlined[], centre: LonLat, pin: LonLat | null, here: (LonLat & { accuracy?: number }) | null, chosen: (where: LonLat) => void): HTMLElement;
  keepShell(): Promise<void>;
  /** 59-phone-call.js */
  offerCalls(): Promise<void>;
  endCalls(): Promise<void>;
  showRoster(said?: [ok: boolean, text: string]): Promise<void>;
  warningWords(told: Api.Forecast): string;
}

interface Window {
  cockpit: Cockpit;
  /** What the scripts say in the page's language; a page in Chinese has none. */
  cockpitWords?: Record<string, string | string[]>;
}

/** What somebody writes in or chooses with. */
type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
/** A room of the map's source: geo/. */
interface RoomOfMap {
  code: string;
  name: string;
  parent?: string;
  building?: string;
  storey: number | null;
}

/** What the pages write beside an element for the scripts: there wherever its selector finds the element. */
interface DOMStringMap {
  /** Of the root. */
  community: string;
  communities: string;
  page: string;
  theme: string;
  outline: string;
  camera: string;
  metrics: string;
  /** Of a wall: its scenes, its community's programme; of a display's: its number. */
  scenes?: string;
  round?: string;
  display?: string;
  /** JSON beside a panel or a form. */
  words: string;
  choices: string;
  declared: string;
  alarmWords: string;
  eventStates: string;
  reportForm: string;
  surveyForm: string;
  commandForms: string;
  commandsGiven: string;
  buildingColours: string;
  figures: string;
  life: string;
}
