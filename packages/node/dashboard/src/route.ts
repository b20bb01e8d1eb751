import { useEffect, useState } from 'preact/hooks';

/** Where the page is: in the hash, so that every view has an address that can be sent. */
export interface Place {
  /** `undefined`: all models. */
  readonly model: string | undefined;
  readonly section: string;
  /** A page of reviews: of all queues, of one, or of one of its cases. */
  readonly reviews?: { readonly queue?: string; readonly id?: string };
}

function placeOf(hash: string): Place {
  const [, first, model, section] = hash.split('/');
  if (first === 'reviews') return { ...NOWHERE, reviews: reviewsOf(model, section) };
  if (first !== 'model' || model === undefined || model === '') return NOWHERE;
  try {
    return { model: decodeURIComponent(model), section: section ?? '' };
  } catch {
    return NOWHERE;
  }
}

const NOWHERE: Place = { model: undefined, section: '' };

function reviewsOf(queue = '', id = ''): NonNullable<Place['reviews']> {
  try {
    const [one, of] = [decodeURIComponent(queue), decodeURIComponent(id)];
    return { ...(one === '' ? {} : { queue: one }), ...(of === '' ? {} : { id: of }) };
  } catch {
    return {};
  }
}

export const addressOf = (model: string, section = ''): string =>
  `#/model/${encodeURIComponent(model)}${section === '' ? '' : `/${section}`}`;

export const reviewAddressOf = (queue = '', id = ''): string =>
  ['#/reviews', ...[queue, id].filter((part) => part !== '').map((part) => encodeURIComponent(part))].join('/');

export function usePlace(): Place {
  const [place, setPlace] = useState(() => placeOf(location.hash));
  useEffect(() => {
    const changed = (): void => setPlace(placeOf(location.hash));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return place;
}
