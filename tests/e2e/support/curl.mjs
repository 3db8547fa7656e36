// Runs the real curl, one process a request, and takes its answer apart.

import { execFile } from 'node:child_process';

/**
 * curl itself failed: `code` is its exit code, e.g. 7 for a refused connection and 28 for a missed deadline;
 * `output` is what it wrote before.
 */
export class CurlError extends Error {
    constructor(code, message, output) {
        super(`curl exit ${code}: ${message}`);
        this.code = code;
        this.output = output;
    }
}

/** One HTTP answer. `headers` maps each lower-case name to all its values, in order. */
export class Answer {
    constructor(version, status, headers, body) {
        this.version = version; // "1.1" or "2"
        this.status = status;
        this.headers = headers;
        this.body = body;
    }

    /** The header's one value, or nothing; throws where it came more than once. */
    header(name) {
        const values = this.headers.get(name.toLowerCase()) ?? [];
        if (values.length > 1) throw new Error(`${name} came ${values.length} times: ${values.join(' | ')}`);
        return values[0];
    }

    /** The body as text; throws where it is not UTF-8. */
    text() {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.body);
    }

    json() {
        return JSON.parse(this.text());
    }

    toString() {
        const head = [...this.headers].flatMap(([name, values]) => values.map((value) => `${name}: ${value}`));
        return [this.status, ...head, '', this.body.subarray(0, 2000).toString()].join('\n');
    }
}

/** Runs curl with `args`, feeding it `input`; resolves to its standard output. */
export function runCurl(args, input, seconds) {
    return new Promise((resolve, reject) => {
        const options = {
            encoding: 'buffer',
            maxBuffer: 1 << 30,
            timeout: (seconds + 5) * 1000,
            killSignal: 'SIGKILL',
        };
        const child = execFile('curl', args, options, (error, stdout, stderr) => {
            if (error)
                reject(
                    new CurlError(error.code ?? error.signal, `${stderr.toString().trim()} (${args.at(-1)})`, stdout),
                );
            else resolve(stdout);
        });
        child.stdin.on('error', () => {}); // curl may answer, or give up, before it has read everything
        child.stdin.end(input);
    });
}

function parse(output) {
    let rest = output;
    for (;;) {
        const end = rest.indexOf('\r\n\r\n');
        if (end < 0) throw new Error(`no HTTP answer: ${rest.subarray(0, 200)}`);
        const [statusLine, ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n');
        rest = rest.subarray(end + 4);
        const [version, code] = statusLine.split(' ');
        const status = Number(code);
        if (status < 200) continue;
        const headers = new Map();
        for (const line of lines) {
            const colon = line.indexOf(':');
            const name = line.slice(0, colon).toLowerCase();
            headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
        }
        return new Answer(version.replace('HTTP/', ''), status, headers, rest);
    }
}

/**
 * One request with curl.
 *
 * @param {string} method
 * @param {string} url
 * @param {object} options at most one of the bodies
 *   headers    [name, value] pairs; a null value keeps curl from sending its own
 *   json       a value, sent as JSON
 *   urlencoded [name, value] pairs, sent as a form
 *   multipart  [name, value] pairs, sent as a form
 *   raw        text or bytes, sent as they are; no Content-Type unless `headers` has one
 *   jar        cookie jar: a file that is read
 *   keep       whether to write the jar, too; several curls that do get in each other's way
 *   ca         file of the certificate authority to trust
 *   seconds    deadline (10)
 *   curl       further arguments for curl
 */
export async function curl(method, url, options = {}) {
    const { headers = [], json, urlencoded, multipart, raw, jar, keep, ca, seconds = 10, curl: further = [] } = options;
    const args = ['--silent', '--show-error', '--include', '--globoff', '--path-as-is', '--max-time', String(seconds)];
    if (method === 'HEAD') args.push('--head');
    else args.push('--request', method);
    if (ca) args.push('--cacert', ca);
    if (jar) args.push('--cookie', jar);
    if (jar && keep) args.push('--cookie-jar', jar);
    let input = '';
    if (json !== undefined) {
        args.push('--header', 'Content-Type: application/json', '--data-binary', '@-');
        input = JSON.stringify(json);
    } else if (raw !== undefined) {
        if (!headers.some(([name]) => name.toLowerCase() === 'content-type')) args.push('--header', 'Content-Type:');
        args.push('--data-binary', '@-');
        input = raw;
    }
    for (const [name, value] of urlencoded ?? []) args.push('--data-urlencode', `${name}=${value}`);
    for (const [name, value] of multipart ?? []) args.push('--form-string', `${name}=${value}`);
    for (const [name, value] of headers) {
        const line = value === null ? `${name}:` : value === '' ? `${name};` : `${name}: ${value}`;
        args.push('--header', line);
    }
    args.push('--header', 'Expect:', ...further, url);
    return parse(await runCurl(args, input, seconds));
}
