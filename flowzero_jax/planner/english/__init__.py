"""From a prompt in English to an `Intent`."""
