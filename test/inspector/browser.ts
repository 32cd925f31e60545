// A headless Chromium for the tests: found in the usual places, or installed from Debian's packages. The tests never
// skip it: when there is none and none can be installed, the error says what to do.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
];

const findChromium = (): string | undefined => {
  const { CHROMIUM_PATH } = process.env;
  return CHROMIUM_PATH ?? places.find((place) => existsSync(place));
};

const installChromium = (): void => {
  try {
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'pipe' });
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      stdio: 'pipe',
    });
  } catch (cause) {
    const advice =
      'Install Chromium (as root on Debian: apt-get install chromium), or set CHROMIUM_PATH to one.';
    throw new Error(`The inspector's tests need Chromium, and it could not be installed. ${advice}`, {
      cause,
    });
  }
};

export const openBrowser = async (): Promise<Browser> => {
  if (findChromium() === undefined) installChromium();
  return chromium.launch({
    executablePath: findChromium() ?? 'chromium',
    args: [
      'no-sandbox',
      'disable-gpu',
      'disable-quic',
      'no-first-run',
      'disable-background-networking',
      'disable-component-update',
      'disable-sync',
    ].map((flag) => `--${flag}`),
  });
};

/** A page, and everything about it that must stay empty: errors, and requests to anywhere else. */
export const openPage = async (visitor: BrowserContext) => {
  const page: Page = await visitor.newPage();
  const errors: string[] = [];
  const elsewhere: string[] = [];
  page.on('console', (message) => {
    // While the server is down, the browser itself logs each failed connection.
    if (message.type() === 'error' && !/ERR_CONNECTION|ERR_INCOMPLETE/.test(message.text()))
      errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('request', (request) => {
    if (new URL(request.url()).hostname !== '127.0.0.1' && !/^(?:blob|data):/.test(request.url()))
      elsewhere.push(request.url());
  });
  return { page, errors, elsewhere };
};
