import { Card } from '../parts/small.tsx';

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value of a case: an object by its fields, everything else as it is. Texts are text nodes, whatever is in them. */
export function Content({ title, value }: { readonly title: string; readonly value: unknown }) {
  return (
    <Card title={title}>
      {isPlain(value) && Object.keys(value).length > 0 ? (
        <dl class="content">
          {Object.entries(value).map(([name, inner]) => (
            <div key={name}>
              <dt class="name">{name}</dt>
              <dd>
                <Value value={inner} />
              </dd>
            </div>
          ))}
        </dl>
      ) : (
        <Value value={value} />
      )}
    </Card>
  );
}

function Value({ value }: { readonly value: unknown }) {
  if (typeof value === 'string') return <span class="words">{value}</span>;
  if (typeof value === 'object' && value !== null) return <pre tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>;
  return <span class="words">{String(value)}</span>;
}
