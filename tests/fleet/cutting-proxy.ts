import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Stands between clients and a server, and cuts connections when an answer is on its way: the request has been obeyed by then. */
export interface CuttingProxy {
  readonly port: number;
  /** How many answers it has cut off. */
  readonly cuts: () => number;
  /** From now on it lets everything through. */
  heal(): void;
  close(): void;
}

/** @param cutsOff asked for each answer */
export async function cuttingProxy(target: number, cutsOff: () => boolean): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let cuts = 0;
  let isHealed = false;
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    const end = (): void => {
      for (const socket of [client, upstream]) {
        socket.destroy();
        sockets.delete(socket);
      }
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.on('data', (request) => void upstream.write(request));
    upstream.on('data', (answer) => {
      if (isHealed || !cutsOff()) {
        client.write(answer);
        return;
      }
      cuts++;
      end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cuts: () => cuts,
    heal: () => {
      isHealed = true;
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
