// The stack that ./dev bench has started, from the outside and from behind.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const stack = {
    url: process.env.SOTTO_URL,
    ca: process.env.SOTTO_CA,
    folder: process.env.SOTTO_VAR,
    dev: process.env.SOTTO_DEV,
    programs: process.env.SOTTO_PROGRAMS,
};

const scratch = mkdtempSync(join(tmpdir(), 'sotto-bench-'));
process.on('exit', () => rmSync(scratch, { recursive: true }));

/** Runs SQL as the administrator; what it selects comes back as rows of text. */
export function sql(statement) {
    const output = execFileSync(stack.dev, ['sql', '--batch', '--skip-column-names'], { input: statement, encoding: 'utf8' });
    return output
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split('\t'));
}

/** Runs a program to its end; resolves with what it printed. */
function run(program, args) {
    return new Promise((resolve, reject) => {
        const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
        let [output, errors] = ['', ''];
        child.stdout.on('data', (chunk) => (output += chunk));
        child.stderr.on('data', (chunk) => (errors += chunk));
        child.on('error', reject);
        child.on('close', (status) => (status === 0 ? resolve(output) : reject(new Error(`${program}: ${errors || output}`))));
    });
}

const lua = (value) => `[==[${value}]==]`;

/** Writes a list of requests, { method, path, token, headers, body }, for requests.lua; returns the file's name. */
export function writeRequests(name, requests) {
    const file = join(scratch, `${name}.lua`);
    const line = ({ method = 'GET', path, token, headers = {}, body }) => {
        const all = { ...headers };
        if (token) all.Cookie = `__Host-session=${token}`;
        if (body) all['Content-Type'] = 'application/json';
        const table = Object.entries(all).map(([key, value]) => `[ ${lua(key)} ] = ${lua(value)}`);
        return `{${lua(method)},${lua(path)},{${table}},${body ? lua(JSON.stringify(body)) : 'nil'}}`;
    };
    writeFileSync(file, `return {\n${requests.map(line).join(',\n')}}\n`);
    return file;
}

/**
 * Sends the requests of a list through nginx for some seconds; resolves with { rate, p50_ms, p99_ms, refused }, the rate without what was
 * refused. Each connection waits `pause` ms on average before its next request. A connection that breaks fails the bench.
 */
export async function load(file, { seconds, connections = 32, allowRefusals = false, pause }) {
    const script = fileURLToPath(new URL('requests.lua', import.meta.url));
    const threads = Math.min(2, connections);
    const args = [`-t${threads}`, `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, stack.url, '--', file, ...(pause ? [String(pause)] : [])];
    const result = JSON.parse((await run('wrk', args)).split('\n').at(-2));
    if (result.broken || (result.refused && !allowRefusals)) throw new Error(`wrk ${file}: ${JSON.stringify(result)}`);
    return { ...result, rate: (result.requests - result.refused) / result.seconds };
}

/** What the database alone does: see reference.cpp. Requests a second. */
export async function reference(how, what, { seconds, connections }) {
    const socket = join(realpathSync(join(stack.folder, 'run')), 'mariadb.sock');
    return Number(await run(join(stack.programs, 'bench_reference'), [how, what, socket, String(connections), String(seconds)]));
}

/** The process ids of a service: 'mariadb', 'nginx', 'hub', or a pool of workers. */
export function processes(service) {
    const folder = join(stack.folder, 'services', service);
    const pid = (path) => Number(readFileSync(join(path, 'supervise/pid'), 'utf8'));
    if (service === 'api' || service === 'auth') return readdirSync(join(folder, 'workers')).map((name) => pid(join(folder, 'workers', name)));
    const main = pid(folder);
    const children = readFileSync(`/proc/${main}/task/${main}/children`, 'utf8').trim();
    return [main, ...(children ? children.split(' ').map(Number) : [])];
}

/** The memory of processes, in MiB: what each has for itself, shared pages divided by their sharers. The mean, and the most. */
export function memory(pids) {
    const each = pids.map((pid) => Number(/^Pss: +(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024);
    return { mean: each.reduce((a, b) => a + b, 0) / each.length, most: Math.max(...each) };
}
