import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { claims, MOODS, type Mood, servedBy, setMood } from '../claims.ts';
import { useDecision } from './use-decision.ts';

function App() {
  const [euros, setEuros] = useState(400);
  const { decision, error, isPending } = useDecision(claims, { euros });
  return (
    <>
      <h1>A claim, in React</h1>
      <label>
        Euros <input type="number" min={0} value={euros} onChange={(event) => setEuros(event.target.valueAsNumber || 0)} />
      </label>
      <label>
        The server{' '}
        <select onChange={(event) => setMood(event.target.value as Mood)}>
          {MOODS.map((mood) => (
            <option key={mood}>{mood}</option>
          ))}
        </select>
      </label>
      <output aria-busy={isPending}>
        {error instanceof Error && error.message}
        {decision && `${decision.output.label} by ${servedBy(decision)}`}
      </output>
      {decision && <p>{decision.reason}</p>}
    </>
  );
}

const root = document.querySelector('#app');
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
