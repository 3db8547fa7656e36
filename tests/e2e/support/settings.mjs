// Where the stack under test is, from the environment.

function setting(name) {
    const value = process.env[name];
    if (!value) throw new Error(`${name} is not set: start the suite with ./dev test e2e`);
    return value;
}

/** The stack that ./dev test has started: its URLs with and without TLS and for Prometheus, its CA file, its folder, the dev command. */
export const stack = {
    url: setting('SOTTO_URL'),
    plainUrl: setting('SOTTO_HTTP_URL'),
    metricsUrl: setting('SOTTO_METRICS_URL'),
    ca: setting('SOTTO_CA'),
    folder: setting('SOTTO_VAR'),
    dev: setting('SOTTO_DEV'),
};
