import { useEffect, useState } from 'preact/hooks';

/** Where the page is: in the hash, so that every view has an address that can be sent. */
export interface Place {
  /** `undefined`: all models. */
  readonly model: string | undefined;
  readonly section: string;
}

function placeOf(hash: string): Place {
  const [, first, model, section] = hash.split('/');
  if (first !== 'model' || model === undefined || model === '') return { model: undefined, section: '' };
  try {
    return { model: decodeURIComponent(model), section: section ?? '' };
  } catch {
    return { model: undefined, section: '' };
  }
}

export const addressOf = (model: string, section = ''): string =>
  `#/model/${encodeURIComponent(model)}${section === '' ? '' : `/${section}`}`;

export function usePlace(): Place {
  const [place, setPlace] = useState(() => placeOf(location.hash));
  useEffect(() => {
    const changed = (): void => setPlace(placeOf(location.hash));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return place;
}
