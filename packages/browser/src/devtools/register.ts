import { TAG, UnderstudyDevtools } from './element.ts';

/** Two copies of the package, or a module that is loaded again, find the element defined. A server has no registry. */
export function register(): void {
  if (typeof customElements !== 'undefined' && customElements.get(TAG) === undefined)
    customElements.define(TAG, UnderstudyDevtools);
}

register();

declare global {
  interface HTMLElementTagNameMap {
    'understudy-devtools': UnderstudyDevtools;
  }
}
