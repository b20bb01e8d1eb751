/** Attributes by name; handlers as `onclick`, whose errors stay in the panel; `value` and `checked` as properties; `vars` are custom properties of CSS. */
export interface Attributes {
  readonly key?: string | number;
  readonly vars?: Readonly<Record<`--${string}`, string>>;
  readonly [name: string]: unknown;
}

/** What a view says an element is: plain data, made anew for each drawing. */
export interface Branch {
  readonly tag: string;
  readonly attributes: Attributes;
  readonly children: readonly Child[];
}

/** Text is shown as text, whatever is in it; `null`, `undefined` and `false` are nothing. */
export type Child = Branch | string | number | null | undefined | false | readonly Child[];

/** One element of a view. */
export function h(tag: string, attributes: Attributes | null, ...children: readonly Child[]): Branch {
  return { tag, attributes: attributes ?? {}, children };
}

/** What is on the page for a branch or a text. */
interface Mounted {
  readonly key: string;
  readonly node: Element | Text;
  attributes: Attributes;
  text: string;
  children: Mounted[];
  /** Handlers that are listened for: what a handler is may change with each drawing. */
  listening: string;
}

const NONE: Attributes = {};
/** What stands for a text among branches. */
const TEXT: Branch = { tag: '#', attributes: NONE, children: [] };
const SVG = 'http://www.w3.org/2000/svg';
const SVG_TAGS: ReadonlySet<string> = new Set(['svg', 'path', 'rect']);
/** They are state, which their attributes do not change once a person has touched them. */
const PROPERTIES: ReadonlySet<string> = new Set(['value', 'checked']);

/**
 * Draws views into `root`: what is there already is kept and changed in place, so that focus, scrolling and selections stay. Nothing is ever
 * parsed as HTML, and no `style` attribute is set: a strict Content Security Policy has nothing to refuse.
 *
 * @param failed told what a handler threw
 */
export function drawer(root: ParentNode & Node, failed: (error: unknown) => void): (children: readonly Child[]) => void {
  let drawn: Mounted[] = [];
  return (children) => {
    drawn = reconcile(root, drawn, children, failed);
  };
}

function reconcile(
  parent: Node,
  before: readonly Mounted[],
  children: readonly Child[],
  failed: (error: unknown) => void,
): Mounted[] {
  const known = new Map(before.map((mounted) => [mounted.key, mounted]));
  const places = new Map<string, number>();
  const after: Mounted[] = [];
  const visit = (child: Child): void => {
    if (Array.isArray(child)) {
      for (const one of child as readonly Child[]) visit(one);
      return;
    }
    if (child === null || child === undefined || child === false) return;
    const isText = typeof child === 'string' || typeof child === 'number';
    // Without a key of its own, an element is the n-th of its kind.
    const branch = isText ? TEXT : (child as Branch);
    const place = places.get(branch.tag) ?? 0;
    places.set(branch.tag, place + 1);
    const own = branch.attributes.key;
    const key = own === undefined ? `${branch.tag}:${place}` : `${branch.tag}=${own}`;
    const found = known.get(key);
    known.delete(key);
    const mounted = found ?? {
      key,
      node: made(branch.tag),
      attributes: NONE,
      text: '',
      children: [],
      listening: '',
    };
    after.push(mounted);
    if (isText) {
      const text = String(child);
      if (mounted.text !== text) mounted.node.textContent = mounted.text = text;
      return;
    }
    // A select takes a value that its options have.
    mounted.children = reconcile(mounted.node, mounted.children, branch.children, failed);
    dress(mounted, branch.attributes, failed);
  };
  visit(children);
  // Not those that are known still: of two with the same key only one was.
  const kept = new Set(after);
  for (const one of before) if (!kept.has(one)) one.node.remove();
  let next: ChildNode | null = parent.firstChild;
  for (const { node } of after) {
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
  return after;
}

function made(kind: string): Element | Text {
  if (kind === '#') return document.createTextNode('');
  return SVG_TAGS.has(kind) ? document.createElementNS(SVG, kind) : document.createElement(kind);
}

function dress(mounted: Mounted, attributes: Attributes, failed: (error: unknown) => void): void {
  const before = mounted.attributes;
  const node = mounted.node as HTMLElement;
  mounted.attributes = attributes;
  for (const name of Object.keys(before)) if (!(name in attributes)) change(node, name, undefined);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) listen(mounted, name, failed);
    // A property may have been changed by a person since.
    else if (before[name] !== value || PROPERTIES.has(name)) change(node, name, value);
  }
}

function listen(mounted: Mounted, name: string, failed: (error: unknown) => void): void {
  if (mounted.listening.includes(`${name} `)) return;
  mounted.listening += `${name} `;
  mounted.node.addEventListener(name.slice(2), (event) => {
    const handler = mounted.attributes[name];
    if (typeof handler !== 'function') return;
    try {
      (handler as (event: Event) => unknown)(event);
    } catch (error) {
      failed(error);
    }
  });
}

function change(node: HTMLElement, name: string, value: unknown): void {
  if (name === 'key' || name.startsWith('on')) return;
  if (name === 'vars') {
    for (const [property, text] of Object.entries((value ?? {}) as Record<string, string>))
      node.style.setProperty(property, text);
  } else if (PROPERTIES.has(name)) {
    if (Reflect.get(node, name) !== value) Reflect.set(node, name, value);
  } else if (value === undefined || value === null || value === false) {
    node.removeAttribute(name);
  } else {
    node.setAttribute(name, value === true ? '' : typeof value === 'string' ? value : JSON.stringify(value));
  }
}
