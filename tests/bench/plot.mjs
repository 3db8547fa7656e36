// A plot as SVG: panels side by side, each with a few lines over a logarithmic x.

const panel = { width: 230, height: 200, gap: 56, top: 34, left: 58, bottom: 60 };
const styles = [
    { colour: '#0b5cad', dash: '' },
    { colour: '#a63d00', dash: '6 3' },
    { colour: '#3f6b1d', dash: '2 3' },
];

const short = (value) => (value >= 1e6 ? `${value / 1e6}M` : value >= 1000 ? `${value / 1000}k` : String(value));

/** The next of 1, 2 and 5 times a power of ten. */
function niceCeiling(value) {
    const power = 10 ** Math.floor(Math.log10(value));
    return power * [1, 2, 5, 10].find((step) => step * power >= value);
}

function drawPanel({ title, lines }, left) {
    const points = lines.flatMap((line) => line.points);
    const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
    const highest = niceCeiling(Math.max(...points.map(({ most }) => most)));
    const [low, high] = [Math.log(xs[0]), Math.log(xs.at(-1))];
    const across = (x) => left + (high > low ? ((Math.log(x) - low) / (high - low)) * panel.width : 0);
    const down = (y) => panel.top + panel.height * (1 - y / highest);
    const bottom = panel.top + panel.height;
    const ticks = [0, 0.5, 1].map((part) => part * highest);
    return [
        `<text x="${left}" y="${panel.top - 14}" font-weight="bold">${title}</text>`,
        `<path d="M${left} ${panel.top}V${bottom}H${left + panel.width}" fill="none" stroke="#444"/>`,
        ...ticks.map((y) => `<text x="${left - 6}" y="${down(y) + 4}" text-anchor="end">${short(y)}</text>`),
        ...xs.map((x) => `<text x="${across(x)}" y="${bottom + 18}" text-anchor="middle">${short(x)}</text>`),
        ...lines.flatMap(({ points: line }, i) => [
            `<polyline points="${line.map(({ x, y }) => `${across(x)},${down(y)}`).join(' ')}" fill="none" stroke="${styles[i].colour}" stroke-width="2" stroke-dasharray="${styles[i].dash}"/>`,
            ...line.map(({ x, least, most }) => `<path d="M${across(x)} ${down(least)}V${down(most)}" stroke="${styles[i].colour}"/>`),
        ]),
    ].join('\n');
}

/** `panels`: { title, lines: [{ label, points: [{ x, y, least, most }] }] }, all with the same labels; `x` and `y` say what the axes are. */
export function plot({ panels, x, y }) {
    const width = panel.left + panels.length * (panel.width + panel.gap);
    const height = panel.top + panel.height + panel.bottom;
    const legend = panels[0].lines.map(({ label }, i) => {
        const at = panel.left + i * 170;
        return `<path d="M${at} ${height - 18}h30" stroke="${styles[i].colour}" stroke-width="2" stroke-dasharray="${styles[i].dash}"/><text x="${at + 38}" y="${height - 14}">${label}</text>`;
    });
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" role="img">
<title>${y} over ${x}</title>
<rect width="${width}" height="${height}" fill="#fff"/>
${panels.map((one, i) => drawPanel(one, panel.left + i * (panel.width + panel.gap))).join('\n')}
${legend.join('\n')}
<text x="${width - panel.gap}" y="${height - 14}" text-anchor="end">${y} over ${x}; bars: least and most</text>
</svg>
`;
}
