type Tag = keyof HTMLElementTagNameMap;

/** An element that a page can style by its first part's name, `::part(…)`, and ours by its classes. */
export function make<K extends Tag>(tag: K, parts: string, ...children: readonly Node[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = parts;
  made.setAttribute('part', parts);
  made.append(...children);
  return made;
}

const SHAPES = {
  agree: 'M4 11l4 4 8-9',
  disagree: 'M5 5l10 10M15 5L5 15',
  correct: 'M4 16l1-4 8-8 3 3-8 8z',
  note: 'M10 2a8 8 0 1 0 .1 0M10 6v5M10 14v.1',
};

export type Shape = keyof typeof SHAPES;

/** A drawing that says nothing to who hears the page. */
export function icon(shape: Shape): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.ariaHidden = 'true';
  svg.append(document.createElementNS(svg.namespaceURI, 'path'));
  reshape(svg, shape);
  return svg;
}

export const reshape = (svg: SVGSVGElement, shape: Shape): void => svg.firstElementChild?.setAttribute('d', SHAPES[shape]);

/** A text of its own direction, whatever that of the page is. */
export function words(text = ''): HTMLElement {
  const made = document.createElement('bdi');
  made.textContent = text;
  return made;
}

/** A control under its label, over the place of its error. */
export function labelled(control: HTMLElement, id: string, label: HTMLElement, error: HTMLElement): HTMLElement {
  const caption = make('label', 'label', label);
  caption.htmlFor = control.id = id;
  describe(control, id, error);
  return make('div', 'field', caption, control, error);
}

/** Ties a control to the place of its error. */
export function describe(control: HTMLElement, id: string, error: HTMLElement): void {
  error.id = `${id}-error`;
  control.setAttribute('aria-describedby', error.id);
}

/** Says whether there is an error. */
export function mark(control: HTMLElement, error: HTMLElement, isInvalid: boolean): void {
  error.hidden = !isInvalid;
  control.ariaInvalid = String(isInvalid);
}
