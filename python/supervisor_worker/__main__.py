"""`python -m supervisor_worker`: as the supervisor starts it, with the model in SUPERVISOR_MODEL."""

from .bootstrap import main

if __name__ == "__main__":
    main()
