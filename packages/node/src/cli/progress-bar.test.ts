import { expect, test } from 'vitest';
import { progressBar } from './progress-bar.ts';

function stream(isTTY: boolean) {
  const written: string[] = [];
  const write = (text: string | Uint8Array): boolean => written.push(String(text)) > 0;
  return { isTTY, write, written };
}

test('draws each per cent once on a terminal, and wipes itself away', () => {
  const { written, ...terminal } = stream(true);
  const bar = progressBar('Simulating', terminal);
  for (let done = 1; done <= 400; done++) bar.update(done, 800);
  bar.clear();
  expect(written).toHaveLength(52);
  expect(written[50]).toBe(`\r\u001B[KSimulating ${'█'.repeat(12)}${'░'.repeat(12)} 50 %`);
  expect(written[51]).toBe('\r\u001B[K');
});

test('is silent elsewhere', () => {
  const { written, ...pipe } = stream(false);
  const bar = progressBar('Simulating', pipe);
  bar.update(1, 2);
  bar.clear();
  expect(written).toEqual([]);
});
