// Debian's Chromium.

import { chromium } from 'playwright-core';

const executablePath = '/usr/bin/chromium';
const args = [
    '--headless',
    '--no-sandbox', // which does not work in most containers
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
];

/** A browser; `more` are further arguments of its command line. */
export const launch = ({ args: more = [] } = {}) => chromium.launch({ executablePath, args: [...args, ...more] });

/** A browser that keeps its profile in `folder`; resolves to its one context. */
export const launchProfile = (folder, more = []) =>
    chromium.launchPersistentContext(folder, { executablePath, args: [...args, ...more], ignoreHTTPSErrors: true });
