import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Understudy } from '@understudy/core';
import { dashboard, type DashboardOptions, toNodeHandler } from '@understudy/node/dashboard';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { afterAll, beforeAll } from 'vitest';

export interface Opened {
  readonly page: Page;
  /** What the console was told, errors of the page, requests of other servers, and dialogs of scripts. */
  readonly noise: string[];
}

interface View {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly forcedColors?: 'active' | 'none';
  readonly cookie?: string;
}

/** Dashboards of a file of tests, as a person sees them. */
export function inChromium() {
  let browser: Browser;
  const ends: (() => unknown)[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu'],
    });
  });
  afterAll(async () => {
    await browser?.close();
    for (const end of ends.toReversed()) await end();
  });

  async function listening(server: Server): Promise<string> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function served(understudy: Understudy, options: DashboardOptions): Promise<string> {
    const ops = dashboard(understudy, options);
    ends.push(() => ops.close());
    const handle = toNodeHandler(ops);
    return `${await listening(createServer((request, response) => void handle(request, response)))}/ops/`;
  }

  async function open(url: string, context?: BrowserContext, view: View = {}): Promise<Opened> {
    const { width = 1280, colorScheme = 'light', forcedColors = 'none', cookie } = view;
    const made = context ?? (await browser.newContext({ viewport: { width, height: 900 }, colorScheme, forcedColors }));
    if (cookie !== undefined) await made.addCookies([{ name: 'who', value: cookie, url: new URL(url).origin }]);
    const page = await made.newPage();
    const noise: string[] = [];
    page.on('console', (message) => noise.push(`console ${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => noise.push(`error: ${error.message}`));
    page.on('request', (request) => {
      if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith('data:'))
        noise.push(`request: ${request.url()}`);
    });
    page.on('dialog', (dialog) => {
      noise.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(url);
    await page.locator('h1').waitFor();
    return { page, noise };
  }
  return { ends, listening, served, open };
}

export const widthsOf = (page: Page): Promise<readonly number[]> =>
  page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
