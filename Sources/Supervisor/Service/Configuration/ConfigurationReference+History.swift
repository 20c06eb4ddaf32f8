/// The one setting that has a section of its own, because its price and its effect take more than a sentence.
extension ConfigurationReference {
    static var historyCapacity: String {
        """
        ## COG_STREAM_HISTORY_CAPACITY

        How many events of a prediction are kept for readers that come late. The same as `history.events` and
        `--history-events`.

        | | |
        |---|---|
        | unit | events, of all kinds (`start`, `output`, `log`, `metric`); the terminal one is kept beside them and not counted |
        | range | whole numbers from 0 to \(largest); 0 = live only |
        | default | \(defaults.events) |
        | also bounded by | `history.bytes` for each prediction, \(Quantity.text(bytes: defaults.bytes)) by default |

        **Bad value.** Text, a fraction, a negative number, an empty value: the server starts, and logs a warning that names
        the variable, the value and what it uses instead, which is the default or what the file says. A bad value of the
        flag or in the file is an error.

        **Memory.** An event takes its payload and about \(eventOverhead) bytes more. For one prediction

            kept = min(capacity × mean event size, history.bytes) + terminal event

        The terminal event holds the whole output. While the prediction runs, the block of memory is up to four times as
        large as what is kept in it, and it grows beyond the capacity for as long as an attached reader is behind, by
        `streaming.window_bytes` in the usual case and eight times that in the worst. When the prediction has ended, the
        block shrinks to fit, and it stays for `history.retention`. For all predictions

            running slots × 4 × kept  +  min(retained predictions × (kept + document + input), history.total_bytes)

        With the defaults and tokens of 4 bytes, a full history is about \(exampleKibibytes) KiB.

        **A reader that comes late** begins at the first event, if nothing was dropped. Otherwise:

        | Route | What it gets |
        |---|---|
        | `POST`, `PUT` with `Accept: text/event-stream` | one `error` event with `skipped`, the number of events dropped, and the end, as in Cog |
        | `GET …/events` | `start`, a `gap` event that names what is missing, then what is kept, then live |
        | `POST /{name}/stream` | what is kept, then live; the header `x-prediction-replay: truncated` says that more is missing |

        Readers that are attached are not affected: how far they may be behind is `streaming.window_bytes`.

        **With 0** nothing counts as dropped. A reader gets what comes from then on, without `start`; one that comes after the
        end gets the terminal event alone.
        """
    }

    private static var defaults: Configuration.History { Configuration().history }

    private static var largest: Int {
        guard case .integer(let range)? = Settings.all.first(where: { $0.name == "history.events" })?.type else {
            preconditionFailure("the table has a number by this name")
        }
        return range.upperBound
    }

    /// Names, id, `index` and line ends of an `output` event.
    private static let eventOverhead = 60

    private static var exampleKibibytes: Int { defaults.events * (4 + eventOverhead) / 1024 }
}
