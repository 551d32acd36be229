"""Stream: standing queries, on a server of its own: functions-framework speaks neither WebSocket nor HTTP/2."""

from functions.stream.server import run

if __name__ == "__main__":
    run()
