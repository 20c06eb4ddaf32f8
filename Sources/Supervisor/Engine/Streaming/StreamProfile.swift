import SSE
import WireProtocol

/// In which words a stream speaks of the same run.
package enum StreamProfile: Equatable, Sendable {
    /// Cog's event names, one JSON object each.
    case native
    /// `data:` lines only, each an object with `type` and `done`; the payload under a key of its own.
    case typed
    /// As `typed`, with the members of the payload beside `type` and `done`.
    case typedFlat
}

/// How a reader is told of events that it cannot have: Cog's routes answer as Cog does.
package enum StreamFlavor: Equatable, Sendable {
    /// `POST`/`PUT` on Cog's routes: an `error` event, then the end.
    case cog
    /// `GET …/events`: a `gap` event, then on.
    case events
    /// `POST /{name}/stream`: a response header at the start, an error event later.
    case typed
}
