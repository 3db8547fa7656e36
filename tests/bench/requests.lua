-- For wrk: sends the requests of a list at random, and prints what came of it as one line of JSON.
--
--   wrk -s requests.lua URL -- LIST [PAUSE]   LIST is a Lua file that returns { { method, path, headers, body }, … }; each connection waits
--                                             PAUSE milliseconds on average before its next request, or not at all

local prepared = {}

function init(arguments)
    math.randomseed(os.time() + tonumber(tostring(prepared):match("0x(%x+)"), 16) % 1000000)
    for i, request in ipairs(dofile(arguments[1])) do
        prepared[i] = wrk.format(request[1], request[2], request[3], request[4])
    end
    if arguments[2] then
        local pause = tonumber(arguments[2])
        delay = function() return math.random(0, 2 * pause) end
    end
end

function request()
    return prepared[math.random(#prepared)]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '{"requests":%d,"seconds":%.3f,"p50_ms":%.3f,"p99_ms":%.3f,"refused":%d,"broken":%d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
