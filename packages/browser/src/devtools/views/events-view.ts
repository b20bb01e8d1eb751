import { timeOfDay } from '../format.ts';
import { told } from '../happening.ts';
import { line } from '../outline.ts';
import type { Child } from '../tree.ts';
import { empty, mark, name, table } from './parts.ts';
import type { Scene } from './scene.ts';

const COLUMNS = [{ title: 'Time', kind: 'time' }, { title: 'What happened' }, { title: 'Model' }, { title: 'Why', kind: 'why' }];

/** What happens beside decisions: circuits, commands, rollouts, monitors, losses. */
export function eventsView({ recorder }: Scene): Child {
  const happenings = recorder.happenings();
  if (happenings.length === 0)
    return empty('Nothing has happened yet', 'Circuits, commands, rollouts, alerts and lost events appear here.');
  return table(
    'Events, the newest first',
    COLUMNS,
    happenings.map((event, place) => {
      const { level, title, text } = told(event);
      return { key: place, cells: [timeOfDay(event.at), mark(level, title), name(event.model), line(text, 500)] };
    }),
  );
}
