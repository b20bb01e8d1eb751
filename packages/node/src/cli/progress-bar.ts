const WIDTH = 24;

/** Draws on stderr where a person watches it: nothing elsewhere. */
export function progressBar(label: string, stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = process.stderr) {
  let drawn = -1;
  return {
    update(done: number, total: number): void {
      const percent = Math.floor((100 * done) / total);
      if (!stream.isTTY || percent === drawn) return;
      drawn = percent;
      const full = Math.round((WIDTH * done) / total);
      stream.write(`\r\u001B[K${label} ${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${percent} %`);
    },
    clear(): void {
      if (stream.isTTY) stream.write('\r\u001B[K');
    },
  };
}
