// Whether the stack under test answers.

import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { stack } from '../e2e/support/settings.mjs';

const ca = readFileSync(stack.ca);

/** Resolves to whether a worker has said that it has its database. */
export function isReady() {
    return new Promise((resolve) => {
        const question = get(`${stack.url}/readyz`, { ca, agent: false, timeout: 5000 }, (answer) => {
            answer.resume();
            resolve(answer.statusCode === 200);
        });
        question.on('timeout', () => question.destroy());
        question.on('error', () => resolve(false));
    });
}
