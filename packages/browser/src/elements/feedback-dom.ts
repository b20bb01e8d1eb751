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
  agree: 'M4 10.5l4.2 4.2L16.5 6',
  disagree: 'M5 5l10 10M15 5L5 15',
  correct: 'M3.5 16.5l.9-3.8 8.6-8.6 2.9 2.9-8.6 8.6zM11 6l3 3',
  note: 'M10 2.5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 1 1 0-15M10 6v5M10 14v.1',
};

export type Shape = keyof typeof SHAPES;

/** A drawing that says nothing to who hears the page. */
export function icon(shape: Shape): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('part', 'icon');
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

/** Ties a field to the place of its error, and says whether there is one. */
export function mark(field: Element, error: HTMLElement, isInvalid: boolean): void {
  error.hidden = !isInvalid;
  field.setAttribute('aria-invalid', String(isInvalid));
}
