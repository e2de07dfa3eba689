//! Generated attacks on the callback: tokens, states and forms that nobody but an attacker would send.
