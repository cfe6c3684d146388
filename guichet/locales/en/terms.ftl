# Words shared by pages and mails.
tokens = { $n ->
    [one] { $n } token
   *[other] { $n } tokens
  }

class-simple = Simple
class-complex = Complex
class-quote = On quote
class-study = Study
speed-normal = Normal
speed-accelerated = Accelerated

mark-queued = Not started
mark-waiting-person = Waiting for { $who }
mark-waiting-window = Waiting for the { $when } window
mark-running = Running for { $span }
mark-done = Done
mark-failed = Failed: { $cause }
mark-rolled-back = Rolled back
mark-skipped = Not needed
mark-unknown = Outcome to be checked

step-received = Received
step-qualified = Qualified
step-planned = Plan ready
step-agreed = Client’s agreement
step-executed = Execution
step-closed = Validation and closure

party-client = client
party-operations = operations
party-second-operator = second operator
party-support = support centre
party-manager = managed-services manager

impact-none = no interruption
impact-reload = configuration reload, no restart
impact-rolling-restart = platform tools restart one after the other
impact-eviction = your pods move
impact-outage = interruption
impact-data-loss = permanent loss of data
