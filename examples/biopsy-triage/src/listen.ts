import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';

const FIRST_PORT = 20_000;
const LAST_PORT = 29_999;

/**
 * Listens on `port` of 127.0.0.1, or for 0 on a free one, and returns it. A free port is taken from below the range that
 * systems give to outgoing connections: after the server is killed a client that keeps trying its port could otherwise be given
 * that same port, connect to itself, and hold it against the restart.
 */
export async function listen(server: Server, port: number): Promise<number> {
  for (;;) {
    const candidate = port === 0 ? randomInt(FIRST_PORT, LAST_PORT + 1) : port;
    try {
      server.listen(candidate, '127.0.0.1');
      await once(server, 'listening');
      return candidate;
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!taken || port !== 0) throw error;
    }
  }
}
