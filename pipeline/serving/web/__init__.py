"""HTTP below the routes: framing, time limits of a connection, hosts, bodies and answers."""
