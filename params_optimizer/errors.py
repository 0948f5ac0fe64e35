"""Every error a user can cause or meet, as one tree.

OptimizerError                  base: the command line prints it and exits with code 1
├── SettingsError               a configuration file, option or grid with a wrong key or value
│   ├── GridError               a parameter grid that cannot be searched
│   ├── SpaceError              a search space or constraint that is wrong
│   ├── WorkflowError           a workflow file that cannot be followed
│   └── RequestError            a request with a wrong field, or fields that do not go together
├── DataError                   market data or calendar whose content is wrong
│   ├── FormatError             a file that is not as its format has it
│   │   └── UnknownFormatError  a file that is none of the known formats
│   ├── TimezoneNeededError     times without a zone and nobody said which one
│   ├── MissingDataError        a file or folder that has to be there and is not
│   └── StaleCacheError         a cache made from other bars
├── StrategyError               a strategy that cannot be imported, raises, or returns nonsense
├── StorageError                a file or folder that cannot be read or written
│   ├── LockedError             another process works in this run directory
│   └── DamagedFileError        a file whose content does not prove itself
└── RunError                    a run that cannot start or go on

Each also derives from the fitting builtin, so that library users can catch what
they know. A message names the file or field, the value, and the way out.
"""


class OptimizerError(Exception):
    """Base of all errors with a message for the user."""


class SettingsError(OptimizerError, ValueError):
    """A configuration file, option or grid with a wrong key or value."""


class GridError(SettingsError):
    """A parameter grid that cannot be searched."""


class SpaceError(SettingsError):
    """A search space or constraint that is wrong."""


class WorkflowError(SettingsError):
    """A workflow file that cannot be followed."""


class RequestError(SettingsError):
    """A request with a wrong field, or with fields that do not go together."""


class DataError(OptimizerError, ValueError):
    """Market data or a calendar whose content is wrong."""


class FormatError(DataError):
    """A file that is not as its format has it: a column is missing, or of another kind."""


class UnknownFormatError(FormatError):
    """A file that is none of the known formats."""


class TimezoneNeededError(DataError):
    """Times without a zone, and nobody said which zone they are in."""


class MissingDataError(DataError, FileNotFoundError):
    """A file or folder that has to be there and is not."""


class StaleCacheError(DataError):
    """A cache that was made from other bars."""


class StrategyError(OptimizerError, ValueError):
    """A strategy that cannot be imported, raises, or returns nonsense."""


class StorageError(OptimizerError, OSError):
    """A file or folder that cannot be read or written."""


class LockedError(StorageError):
    """Another process works in this run directory."""


class DamagedFileError(StorageError, ValueError):
    """A file whose content does not prove itself."""


class RunError(OptimizerError, RuntimeError):
    """A run that cannot start or go on."""
