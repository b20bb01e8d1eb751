import type { ErrorAnswer } from './wire.ts';

/** On every answer: nothing is framed, guessed, kept, or told elsewhere. */
const GUARDS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

/** The page runs its own script and style and asks its own server, nothing else. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
const NOTHING_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

type Body = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;

export function respond(status: number, body: Body, headers: Readonly<Record<string, string>>): Response {
  return new Response(body, { status, headers: { ...GUARDS, 'content-security-policy': NOTHING_POLICY, ...headers } });
}

export const pageOf = (body: Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>> = {}): Response =>
  respond(200, body, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': PAGE_POLICY, ...headers });

export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Response =>
  respond(status, JSON.stringify(value), { 'content-type': 'application/json', ...headers });

export function problem(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): Response {
  const answer: ErrorAnswer = { error: { code, message } };
  return json(status, answer, headers);
}

const STYLE =
  'html{color-scheme:light dark;font:16px/1.55 system-ui,sans-serif}main{max-width:38rem;margin:12vh auto;padding:0 1rem}h1{font-size:1.35rem}pre{overflow:auto;padding:.8rem;border:1px solid;border-radius:6px}';

/** A page by itself, for who may not see the other one: `lines` are paragraphs, and what begins with a blank is code. */
export async function plainPage(status: number, title: string, lines: readonly string[]): Promise<Response> {
  const body = lines.map((line) =>
    line.startsWith(' ') ? `<pre tabindex="0">${escaped(line.trim())}</pre>` : `<p>${escaped(line)}</p>`,
  );
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escaped(title)}</title><style>${STYLE}</style><main><h1>${escaped(title)}</h1>${body.join('')}</main></html>`;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(STYLE));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return respond(status, html, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `${NOTHING_POLICY}; style-src 'sha256-${hash}'`,
  });
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
