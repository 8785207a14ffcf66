"""Runs the ``peploss`` command as Runs the ``peploss`` command as Runs the ``peploss`` command as Runs the ``peploss``
command as Runs the ``peploss`` command as ``python -m peploss``."""

from peploss.cli import entry

if __name__ == "__main__":
    entry()
