// The page on which a browser signs in: one field and one script, nothing from elsewhere. It shows nothing of the shop.
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { publicPath, type Settings } from '../config.ts';

const style = `
:root { color-scheme: light dark; --ink: light-dark(#16202e, #e6ecf5); --quiet: light-dark(#56647a, #9aa8bd);
  --card: light-dark(#fff, #161d28); --ground: light-dark(#f4f6f9, #0e131b); --hair: light-dark(#dde3ec, #29334a);
  --accent: light-dark(#2456d6, #84a9ff); --bad: light-dark(#c2203a, #ff8595); }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { width: min(26rem, calc(100vw - 2rem)); padding: 1.75rem; background: var(--card); border: 1px solid var(--hair);
  border-radius: 12px; box-sizing: border-box; }
h1 { font-size: 1.25rem; margin: 0 0 .25rem; }
p { margin: .25rem 0 1rem; color: var(--quiet); }
label { font-weight: 600; display: block; margin-bottom: .35rem; }
input, button { font: inherit; width: 100%; box-sizing: border-box; padding: .6rem .75rem; border-radius: 8px; }
input { border: 1px solid var(--quiet); background: transparent; color: inherit; }
button { margin-top: .9rem; border: 0; background: var(--accent); color: var(--card); font-weight: 600; cursor: pointer; }
button:disabled { opacity: .6; }
[role=alert] { min-height: 1.5em; margin: .6rem 0 0; color: var(--bad); }
code { font-size: .92em; }
.notice { color: var(--ink); }`;

const script = `
const form = document.querySelector('form');
const [field, button, problem] = ['input', 'button', '[role=alert]'].map((name) => form.querySelector(name));
const { base, home, stays } = document.documentElement.dataset;
// A page that was refused is asked for again; from the address of this page, to where the visitor wanted to go.
const target = () => {
  if (stays !== undefined) return location.href;
  const to = URL.parse(base + (new URLSearchParams(location.search).get('to') ?? home), location.origin);
  return to?.origin === location.origin && to.pathname.startsWith(base + '/') ? to.href : base + home;
};
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  button.disabled = true;
  problem.textContent = '';
  try {
    const answer = await fetch(base + '/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key: field.value.trim() }),
    });
    if (answer.ok) return location.replace(target());
    const { detail } = await answer.json();
    problem.textContent = answer.status === 401 ? 'This key is not valid. It may be revoked, or have expired.' : detail;
  } catch {
    problem.textContent = 'The service does not answer. Try again in a moment.';
  }
  button.disabled = false;
  field.select();
});`;

const hash = createHash('sha256').update(script).digest('base64');
/** As the script of the page is the only one that runs, it is named by its hash. */
const policy = [
  `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; connect-src 'self'`,
  "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
].join('; ');

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

interface SignInPage {
  /** What clients' addresses begin with. */
  readonly base: string;
  /** Where a visitor goes who did not want to go anywhere. */
  readonly home: string;
  /** Why the visitor has to sign in with another key. */
  readonly notice: string | undefined;
}

const toHtml = ({ base, home, notice }: SignInPage): string => `<!doctype html>
<html lang="en" data-base="${escapeHtml(base)}" data-home="${home}"${notice === undefined ? '' : ' data-stays'}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in · Orderchart</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Orderchart</h1>
${notice === undefined ? '' : `<p class="notice">${escapeHtml(notice)}</p>`}
<p>Paste ${notice === undefined ? 'your' : 'another'} key to sign in. Whoever runs the service makes keys with <code>orderchart keys create</code>.</p>
<form>
<label for="key">Key</label>
<input id="key" name="key" type="password" autocomplete="current-password" required autofocus spellcheck="false">
<button>Sign in</button>
<p role="alert"></p>
</form>
</main>
<script>${script}</script>
</body>
</html>
`;

/** @param notice why the visitor has to sign in with another key; then the page stands for the one that was asked for */
export const sendSignInPage = (
  { publicUrl, hasAdminRoutes }: FastifyRequest,
  reply: FastifyReply,
  { INSPECTOR }: Pick<Settings, 'INSPECTOR'>,
  notice?: string,
): FastifyReply => {
  const base = publicPath({ PUBLIC_URL: publicUrl });
  const home = INSPECTOR === '1' && hasAdminRoutes ? '/inspector' : '/';
  return reply
    .header('content-security-policy', policy)
    .type('text/html; charset=utf-8')
    .send(toHtml({ base, home, notice }));
};
