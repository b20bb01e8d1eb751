import type { UnderstudyEvent } from '@understudy/core';
import { isoTime } from './iso-time.ts';

/** An event in the JSON format of CloudEvents 1.0 (cloudevents.io). */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  /** `/application/environment`, without those that the runtime has not; else `/understudy`. */
  readonly source: string;
  /** `dev.understudy.` and the type of the event. */
  readonly type: string;
  /** The model; absent where the event is of none. */
  readonly subject?: string;
  /** Absent where the event's time is none. */
  readonly time?: string;
  readonly datacontenttype: 'application/json';
  readonly data: UnderstudyEvent;
}

export function cloudEvent(event: UnderstudyEvent): CloudEvent {
  const { id, type, model, at, application, environment } = event;
  const names = [application, environment].flatMap((name) =>
    name === undefined || name === '' ? [] : encodeURIComponent(name.toWellFormed()),
  );
  const time = isoTime(at);
  return {
    specversion: '1.0',
    id,
    source: `/${names.join('/') || 'understudy'}`,
    type: `dev.understudy.${type}`,
    ...(model === '' ? {} : { subject: model }),
    ...(time === undefined ? {} : { time }),
    datacontenttype: 'application/json',
    data: event,
  };
}
