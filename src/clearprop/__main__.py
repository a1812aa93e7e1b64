"""`python -m clearprop`."""

from clearprop.cli.app import main

if __name__ == "__main__":
    main()
