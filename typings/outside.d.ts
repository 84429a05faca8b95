/** What of other people's bundles the scripts use, and no more: MapLibre's map as Plotly keeps it, Plotly, terra-draw,
 *  the tables of Dash AG Grid, React as Dash brings it. */
declare namespace Maps {
  type Position = [lon: number, lat: number];
  /** An expression or a value of the style specification. */
  type Style = string | number | boolean | null | Style[] | { [name: string]: Style };
  interface Feature<Properties = Record<string, unknown>> {
    type: "Feature";
    geometry: { type: string; coordinates: Position | Position[] | Position[][] };
    properties: Properties;
  }
  interface Collection {
    type: "FeatureCollection";
    features: Feature[];
  }
  interface StyleLayer {
    id: string;
    source?: string;
    type?: string;
    filter?: Style;
    paint?: Record<string, Style>;
    /** Ours: the icon's name, sizes in u, the group of the legend (cockpit/ground/map.py). */
    metadata?: { icon?: Style; u?: Record<string, number>; group?: string };
  }
  interface Source {
    serialize(): { data?: unknown; url?: string };
    setData(data: Collection | string): void;
    updateData(diff: { remove: string[]; add: Feature[] }): void;
  }
  interface Switch {
    disable(): void;
  }
  interface Point {
    x: number;
    y: number;
  }
  interface LngLat {
    lng: number;
    lat: number;
  }
  interface Camera {
    center: LngLat | Position;
    zoom: number;
    pitch?: number;
    bearing?: number;
  }
  interface Pointed {
    point: Point;
    /** What a person did; none where a program moved the map. */
    originalEvent?: Event;
    /** Of an error: the source that could not be read. */
    sourceId?: string;
  }
  interface Hit {
    source: string;
    properties: Record<string, any>;
  }
  /** MapLibre GL JS, the part that is used. */
  interface Handle {
    getStyle(): { layers: StyleLayer[] } | undefined;
    getSource(id: string): Source | undefined;
    addSource(id: string, source: object): void;
    addLayer(layer: StyleLayer, before?: string): void;
    setFeatureState(feature: { source: string; id: string }, state: Record<string, Style>): void;
    setLayoutProperty(layer: string, name: string, value: Style): void;
    setPaintProperty(layer: string, name: string, value: Style): void;
    getFilter(layer: string): Style | undefined;
    setFilter(layer: string, filter: Style): void;
    getLayer(id: string): StyleLayer | undefined;
    setLight(light: object): void;
    hasImage(name: string): boolean;
    addImage(name: string, image: ImageData, options: object): void;
    queryRenderedFeatures(box: [Position, Position]): Hit[];
    on(event: string, heard: (event: Pointed) => void): void;
    once(event: string, heard: () => void): void;
    triggerRepaint(): void;
    getCanvas(): HTMLCanvasElement;
    getContainer(): HTMLElement;
    getZoom(): number;
    getPitch(): number;
    getBearing(): number;
    getCenter(): LngLat;
    jumpTo(camera: Partial<Camera>): void;
    easeTo(camera: Partial<Camera> & { duration: number }): void;
    isMoving(): boolean;
    fitBounds(bounds: [Position, Position], options: object): void;
    cameraForBounds(bounds: [Position, Position], options: object): { center: LngLat; zoom: number } | undefined;
    project(at: Position): Point;
    unproject(point: Position): LngLat;
    dragPan: Switch;
    scrollZoom: Switch;
    dragRotate: Switch;
    doubleClickZoom: Switch;
    touchZoomRotate: Switch;
    keyboard: Switch;
    boxZoom: Switch;
  }
}

/** An element that Plotly drew a figure in. */
interface Graph extends HTMLElement {
  _fullLayout?: { map?: { _subplot?: { map?: Maps.Handle } } };
  data?: unknown[];
  /** Once it was drawn. */
  on(event: string, heard: (changed: Record<string, unknown>) => void): void;
  layout?: { font?: { size?: number } };
}
interface PlotlyBundle {
  react(target: HTMLElement, traces: object[], layout: object, options: object): void;
  relayout(graph: Graph, changed: Record<string, unknown>): void;
  extendTraces(graph: Graph, added: { x: unknown[][]; y: unknown[][] }, traces: number[]): void;
}

interface Drawn {
  geometry: { type: "LineString"; coordinates: Maps.Position[] } | { type: "Polygon"; coordinates: Maps.Position[][] } | { type: "Point"; coordinates: Maps.Position };
  properties: { mode: string };
}
interface Drawing {
  start(): void;
  clear(): void;
  setMode(mode: string): void;
  getSnapshot(): Drawn[];
  on(event: "change" | "finish", heard: () => void): void;
}
interface TerraDrawBundle {
  TerraDraw: new (options: { adapter: object; modes: object[] }) => Drawing;
  TerraDrawLineStringMode: new (options: object) => object;
  TerraDrawPolygonMode: new (options: object) => object;
  TerraDrawCircleMode: new (options: object) => object;
}

interface GridRow {
  id: string;
}
interface GridApi {
  applyTransaction(change: { add: GridRow[]; update: GridRow[]; remove: GridRow[]; addIndex?: number }): void;
  getAllDisplayedColumns(): { getColDef(): { field: string; headerName: string; cellRenderer?: string } }[];
  forEachNodeAfterFilterAndSort(each: (node: { data?: Record<string, any> }) => void): void;
  forEachNode(each: (node: { data?: Record<string, any> }) => void): void;
  getRowNode(id: string): { data?: GridRow } | undefined;
  getColumnDefs(): GridColumn[] | undefined;
  setGridOption(name: "columnDefs", columns: GridColumn[]): void;
  setGridOption(name: "rowData", rows: GridRow[]): void;
  setGridOption(name: "rowSelection", selection: { mode: "multiRow" }): void;
  setGridOption(name: "datasource", source: { getRows(wanted: GridQuestion): void }): void;
  getGridOption(name: "datasource"): object | undefined;
  addEventListener(name: "rowClicked" | "cellKeyDown", heard: (event: { data?: GridRow; event?: Event | null }) => void): void;
  addEventListener(name: "selectionChanged", heard: () => void): void;
  getSelectedRows(): GridRow[];
  deselectAll(): void;
  setNodesSelected(given: { nodes: object[]; newValue: boolean }): void;
  refreshInfiniteCache(): void;
  purgeInfiniteCache(): void;
  hideOverlay(): void;
  setColumnsVisible(columns: string[], visible: boolean): void;
  showNoRowsOverlay(): void;
  getColumnState(): { colId: string; sort: "asc" | "desc" | null; sortIndex: number | null }[];
}
/** Rows that an endless table asks for. */
interface GridQuestion {
  startRow: number;
  endRow: number;
  sortModel: { colId: string; sort: "asc" | "desc" }[];
  successCallback(rows: GridRow[], total: number): void;
  failCallback(): void;
}
interface GridColumn {
  field?: string;
  flex?: number | null;
  width?: number;
  minWidth?: number;
}
/** A cell of a table that a script draws. */
interface CellProps<Value> {
  value: Value;
  data: GridRow;
}
interface ReactElement {
  readonly type: string;
}

interface Window {
  /** A promise until the script is there: Dash waits for it. */
  Plotly?: PlotlyBundle | Promise<void>;
  terraDraw?: TerraDrawBundle;
  terraDrawMaplibreGlAdapter?: { TerraDrawMapLibreGLAdapter: new (options: { map: Maps.Handle }) => object };
  dash_ag_grid?: { getApi(table: string): GridApi | null; getApiAsync(table: string): Promise<GridApi> };
  dashAgGridFunctions?: Record<string, (params: unknown) => unknown>;
  dashAgGridComponentFunctions?: Record<string, (props: CellProps<any>) => ReactElement | string>;
  React: { createElement(tag: string, props: object | null, ...content: (ReactElement | string)[]): ReactElement };
}

/** In our pages what a selector finds is HTML: what is drawn in SVG is not looked for. */
interface ParentNode {
  querySelector<Tag extends keyof HTMLElementTagNameMap>(selector: Tag): HTMLElementTagNameMap[Tag] | null;
  querySelector(selector: string): HTMLElement | null;
  querySelectorAll<Tag extends keyof HTMLElementTagNameMap>(selector: Tag): NodeListOf<HTMLElementTagNameMap[Tag]>;
  querySelectorAll(selector: string): NodeListOf<HTMLElement>;
}
interface Element {
  closest<Tag extends keyof HTMLElementTagNameMap>(selector: Tag): HTMLElementTagNameMap[Tag] | null;
  closest(selector: string): HTMLElement | null;
}

/** What our scripts tell each other by the page's root. */
interface HTMLElementEventMap {
  rendered: CustomEvent<Live.Changed>;
  "devices-changed": CustomEvent<string[] | null>;
  "devices-named": CustomEvent<Set<string>>;
  "map-group": CustomEvent<{ group: string; isShown: boolean }>;
  "outbox-said": CustomEvent<OutboxSaid>;
}
