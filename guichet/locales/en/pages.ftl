# Frame of every page.
frame-skip = Skip to content
frame-main = Main
frame-languages = Language
frame-preferences = Language and colours
frame-support = support centre, { $provider }
frame-zone = Times are those of Europe/Paris
frame-demo = DEMONSTRATION
nav-inbox = To do
nav-waiting = waiting for you
nav-tickets = Requests
nav-catalogue = Catalogue
nav-contract = Contract
nav-audit = Traceability
nav-outbox = E-mails
nav-new = New request
nav-sign-out = Sign out
theme-auto = Auto
theme-light = Light
theme-dark = Dark
list-more = See more

# Forms.
field-optional = (optional)
field-error = Error:
faults-title = There is a problem

# Inbox.
inbox-title = To do ({ $n })

# Tickets.
tickets-q = Reference or words
tickets-state = State
tickets-accelerated = Accelerated only
tickets-filter = Filter
tickets-count = { $n ->
    [one] { $n } request
   *[other] { $n } requests
  }
tickets-none = No request matches.
tickets-none-next = Choose a change in the catalogue
tickets-reference = Reference
tickets-title = Request
tickets-tokens = Tokens
ticket-slot = Accelerated, { $n } of { $of }
ticket-due = Due
ticket-fresh = Your request { $reference } is in.
ticket-fresh-next = The plan is being computed on the real systems. You will receive an e-mail as soon as somebody must decide; this page always shows where things stand.
ticket-changes = What will change
ticket-changed = What has changed
ticket-planned = What was planned
ticket-price = Price
ticket-asked = What was asked
ticket-by = Requested by { $who },
ticket-contract = contract
ticket-tasks = Tasks
ticket-progress = { $n } of { $all } done
ticket-graph-text = diagram as text
ticket-kin = Related requests
ticket-agreements = Agreements
ticket-no-agreement = Nobody has been asked yet.
ticket-tokens = Tokens
ticket-no-move = No token has moved.
ticket-feed = What happened
turn-you = It is your turn
turn-other = It is the turn of: { $who }
turn-guichet = Guichet is at work
turn-nobody = Nothing left to do
failure-title = The task “{ $task }” failed
failure-duty = What you have to do:
task-detail = Log and proofs
task-proof = expected { $expected }, found { $actual }
agreement-asked = Asked
agreement-answered = answered
progress-done = done
progress-current = under way
progress-stopped = stopped here
progress-ahead = to come
progress-none = not needed

# Price and movements of tokens.
price-base = Change
price-surcharge = Accelerated (price doubled)
price-total = In all
price-held = Held now, charged at closure, returned if the change is not carried out.
price-captured = Charged.
price-released = Returned: this change costs nothing.
price-none = Nothing is held yet.
move-date = Date
move-reference = Request
move-label = Movement
move-amount = Tokens
move-held = Held
move-available = Available

# Plan.
plan-none = The plan is not computed yet.
plan-empty = Everything is already as asked: nothing will be written, and the result will still be checked.
plan-counts = { $updates ->
    [one] { $updates } modification
   *[other] { $updates } modifications
  }, { $creates ->
    [one] { $creates } creation
   *[other] { $creates } creations
  }, { $deletes ->
    [one] { $deletes } deletion
   *[other] { $deletes } deletions
  }, { $runs ->
    [one] { $runs } command
   *[other] { $runs } commands
  }
plan-impact = Effect on service:
plan-irreversible = Cannot be undone:
plan-create = create
plan-update = modify
plan-delete = delete
plan-run = run
plan-masked = hidden value, digest { $digest }
plan-masked-whole = hidden value
plan-unnamed = { $n ->
    [one] { $n } more path changes.
   *[other] { $n } more paths change.
  }
plan-lines = { $n ->
    [one] { $n } line
   *[other] { $n } lines
  }
plan-hidden = { $n ->
    [one] { $n } line is not shown here.
   *[other] { $n } lines are not shown here.
  }
digest-read = Digest of what was read
plan-digest = Plan digest

# Decisions and links.
decide-plan = What will change, in detail
decide-done = What has changed, in detail
decide-comment = Comment
decide-send = Send my decision
decide-nothing-yet = Nothing is recorded before you send. You will receive a receipt by e-mail.
stale-title = The plan has changed since you read it
stale-help = Your decision was not recorded: it was about an older plan. Read the new one, then decide.
stale-read = Plan you had read:
stale-now = The plan now
stale-again = Decide on this plan
stale-ticket = Back to the request
link-title = Decision requested
link-for = This link is personal: it is for { $who }. Do not forward it.
receipt-title = Your decision
receipt-done = Your decision is recorded
receipt-already = This decision is already recorded
receipt-request = Request
receipt-who = Decided by
receipt-when = On
receipt-next = What happens now
receipt-mail = A receipt was sent by e-mail to the person who decided and to the requester. If this was not you, reply to that e-mail.
gone-title = This link opens nothing any more
gone-help = It may have expired or been replaced by a newer one. No decision was recorded by opening it.
gone-renew = Receive a new link
gone-where = The new link goes only to the registered address.
renewed-title = Request taken into account
renewed-help = If a decision is still expected, a new link is on its way to the registered address.

# Catalogue and orders.
catalogue-q = What do you want to change?
catalogue-simple = Simple changes only
catalogue-search = Search
catalogue-found = { $n ->
    [one] { $n } line found
   *[other] { $n } lines found
  }
catalogue-by-hand = done by an operator
catalogue-missing = Nothing fits?
catalogue-study = Make an off-catalogue request
item-tasks = What we will do
item-terms = Price and conditions
item-order = Order this change
order-continue = Continue: check the order
check-title = Check your request before sending it
check-terms = Price and conditions
check-submit = Send the request
check-edit = Modify
check-nothing-yet = The request is not sent until you press the button.

# Studies.
study-new-title = Off-catalogue request
study-new-help = Describe your need. We will call you for half an hour, then offer you a change of the catalogue or a study with its estimate in tokens.
study-new-submit = Send the request
study-new-price = Nothing is charged at this point. A study can never be accelerated.
study-fresh-next = The support centre will propose slots for a half-hour call.
study-need = The need
study-call = Half-hour call
study-minutes = Minutes
study-outcome = Outcome

# Contract.
contract-title = Contract { $code }
contract-balance = Tokens
contract-available = available
contract-held = held
contract-spent = charged
contract-granted = granted
contract-formula = Available = granted − charged − held: { $available } = { $granted } − { $spent } − { $held }
contract-slots = Accelerated changes
contract-slots-used = { $used } used, { $reserved } reserved, { $free } left of { $of }.
contract-slots-from = Contract year from
contract-slots-until = to
contract-statement = Statement
contract-period = Period
contract-show = Show
contract-opening = Balance carried over:
contract-closing = Balance at the end:
contract-no-move = No movement in this period.
contract-alarm = The movements do not lead to the balance shown. Please tell the support centre.
lot-label = Lot
lot-granted = Granted
lot-left = Left
lot-expires = Expires
lot-never = never
slot-used = used
slot-reserved = reserved
slot-free = free

# Traceability.
audit-search = Search
audit-count = { $n ->
    [one] { $n } record
   *[other] { $n } records
  }
audit-none = No record matches these criteria.
audit-seq = No.
audit-at = When
audit-who = Who
audit-what = What
audit-hash = Digest

# Demonstration: e-mails and persons.
outbox-count = { $n ->
    [one] { $n } e-mail.
   *[other] { $n } e-mails.
  }
outbox-help = In the demonstration, e-mails stay here instead of leaving.
outbox-none = No e-mail yet: order a change first.
outbox-subject = Subject
outbox-to = To
outbox-at = When
mail-open-link = Open the link of this e-mail
mail-html = See the HTML version
mail-headers = Headers
personas-title = Who do you want to be?
personas-help = This demonstration needs no password. Choose a person, look around, then come back as another.
personas-enter = Continue as { $name }
personas-tour = Try this

# Signing in, and trouble.
sign-in-title = Sign in
sign-in-submit = Sign in
sign-in-link = To agree or validate, the link in your e-mail is enough: no account is needed.
trouble-not-found = Not found, or not accessible with your account
trouble-not-found-help = Check the address, or sign in as somebody who may see it.
trouble-forbidden = Request refused
trouble-forbidden-help = This form does not come from this site, or your session has ended. Go back, reload the page and try again. Nothing was recorded.
trouble-refused = This cannot be done
trouble-refused-help = Go back and correct what is wrong. Nothing was recorded.
trouble-unavailable = Unavailable for a moment
trouble-unavailable-help = Nothing was recorded by halves: try again in a moment with the same form, it will count once.
trouble-too-many = Too many tries
trouble-too-many-help = Too many tries that failed from your network. Wait a minute, then try again; nothing is lost.
trouble-broken = Something went wrong on our side
trouble-broken-help = Nothing you entered was lost or done twice: try again in a moment, or tell the support centre.
trouble-as = You are signed in as { $who }.
trouble-request = Number to quote:
trouble-home = Back to the start page

# Roles, and what one sees as each.
role-requester = requester
role-requester-sees = Orders changes and follows them, with their price.
role-approver = approver
role-approver-sees = Agrees to plans and prices, validates and closes.
role-agent = support centre
role-agent-sees = Files requests for clients, holds study calls, reminds.
role-operator = operator
role-operator-sees = Approves plans, does tasks by hand, repairs what is stuck.
role-manager = managed-services manager
role-manager-sees = Gives quotes, concludes studies, grants tokens.
role-auditor = auditor
role-auditor-sees = Reads who did what, and changes nothing.
role-admin = administrator
role-admin-sees = Keeps accounts, and decides nothing.
tour-order = Sign in as a requester and order a change from the catalogue: the price is printed before you send.
tour-mail = Open “E-mails”: the plan was computed, and an approver has received a personal link.
tour-decide = Open that link, read what will change, and decide. Opening it decides nothing.
tour-watch = Come back to the request and watch it act, prove itself and wait for validation.

# Where a ticket stands.
state-calling = Call to be held
state-orienting = Being oriented
state-quoting = Quote being prepared
state-offered = Price to be accepted
state-studying = Being studied
state-preparing = Plan being computed
state-agreeing = Plan to be agreed
state-scheduled = Scheduled
state-running = Under way
state-suspended = Suspended
state-blocked = Needs an operator
state-undoing = Being undone
state-delivered = Done, to be validated
state-contested = Contested, to be reworked
state-closed = Closed
state-yours = Waiting for your decision
state-theirs = Waiting for { $who }
ending-validated = Validated and closed
ending-tacit = Closed without an answer
ending-failed = Not completed, undone
ending-cancelled = Cancelled
ending-declined = Declined
ending-expired = Expired without an answer
ending-infeasible = Study delivered: not feasible
ending-feasible = Study delivered: feasible
ending-reclassified = Moved to the catalogue
step-need = Need
step-call = Half-hour call
step-orientation = Orientation
step-study-agreed = Agreement to the study
step-study = Study
step-conclusion = Conclusion

# What is to be done, and by whom.
act-agreement = Agree to the plan, or not
act-operations = Approve the plan, or not
act-offer = Accept the price, or not
act-estimate = Accept the estimate, or not
act-passage = Let the change go on, or not
act-validation = Validate and close
act-by-hand = Do a task by hand
act-unblock = Unblock
act-rework = Rework
inbox-decisions = Your decisions
inbox-closures = To validate and close
inbox-stuck = To unblock
inbox-by-hand = To do by hand
inbox-elsewhere = Under way, nothing for you to do
inbox-empty = Nothing right now.
next-review = Review and decide
next-starts = The change starts { $when }.
next-suspended = Suspended by an operator: { $why }
next-standstill = What stands in the way: { $why }
next-contested = The client did not validate: { $why }
next-cause = Reason: { $why }
next-locked = Another request is changing the same target; this one waits for its turn.
next-validate = Check the result, then validate: the tokens are charged at that moment.
check-plan = Plan computed
check-tokens = Tokens held
check-awaited = Decision of { $who }
and-others = and { $n } more
do-cancel = Cancel the request
do-suspend = Suspend
do-resume = Resume
do-give-up = Give up and undo
do-redeliver = Say the rework is done
do-remind = Remind
do-quote = Send the quote
do-propose-call = Propose slots
do-choose-call = Choose this slot
do-record-call = Record the call
do-estimate = Estimate the study
do-reclassify = Move to the catalogue
do-conclude = Conclude the study
reason = Reason
quote-tokens = Price in tokens
quote-note = What the price covers
rework-note = What was done
kin-parent = comes from
kin-child = led to
fault-transient = The system did not answer, although it was asked several times.
fault-ambiguous = The system did not say whether it had taken the request.
fault-conflict = The target changed meanwhile.
fault-rejected = The system refused what it was asked.
fault-denied = The system did not accept our access rights.
fault-missing = What was to be changed does not exist.
fault-guard = One of our safety rules stopped the task.
fault-by-hand = The task done by hand did not succeed.
failure-undone = Everything that had begun was taken back, and no token is charged.
failure-undoing = What had begun is being taken back.
failure-blocked = An operator is looking into it; nothing more happens until then.
failure-watched = The request goes on under watch.
failure-duty-nothing = nothing.
task-outcome = How did it go?
task-went-well = Done, as asked
task-failed = Not done, or it went wrong
task-evidence = What was done, and what shows it
task-evidence-hint = Kept with the request as evidence. No secrets.
task-spent = Tokens of time spent
task-complete = Record the task
task-retry = Try again
task-skip = Skip with proof
task-take-over = Do it by hand
task-proof-label = Why it is not needed, or already so

# Questions and answers.
ask-decision = Your decision
ask-choose = Choose one of the two answers
ask-say-why = Say why you refuse
ask-comment-hint = Required if you refuse.
ask-code = Six-digit code
ask-code-hint = It stands in the e-mail, since this change cannot be undone.
ask-code-wrong = This is not the code of the e-mail
ask-confirm = Nothing is recorded yet. Please read once more, then confirm your decision.
ask-due = The tokens of the study are due even if it finds that the change is not feasible (§ 1.16).
ask-refused = Refused
ask-refused-next = Nothing is carried out, and the tokens held are returned.
ask-contested = Not validated
ask-contested-next = The provider takes it up again; no token is charged meanwhile.
ask-agreement = Do you agree to this change?
ask-agreement-yes = I agree: the change may be carried out
ask-agreement-no = I refuse: nothing is carried out
ask-agreement-done = Agreed
ask-agreement-next = The change starts as soon as its window allows.
ask-operations = Is this plan safe to carry out?
ask-operations-yes = Yes, I approve the plan
ask-operations-no = No, I refuse it
ask-operations-done = Plan approved
ask-operations-next = The client is asked to agree.
ask-offer = Do you accept this price?
ask-offer-yes = I accept: the tokens are held and the change is prepared
ask-offer-no = I refuse: nothing is carried out or charged
ask-offer-done = Price accepted
ask-offer-next = The plan is being computed.
ask-estimate = Do you accept the estimate of this study?
ask-estimate-yes = I accept: the study begins
ask-estimate-no = I refuse: nothing is charged
ask-estimate-done = Estimate accepted
ask-estimate-next = The study begins.
ask-passage = May the change go on?
ask-passage-yes = Yes, it may go on
ask-passage-no = No: what was begun is taken back
ask-passage-done = Let through
ask-passage-next = The change goes on.
ask-validation = Do you validate the closure of this request?
ask-validation-yes = I validate: the request can be closed
ask-validation-no = I do not validate: something is wrong
ask-validation-done = Validated and closed
ask-validation-next = The tokens are charged and the request is closed.
agreement-agreement = agreement to the plan
agreement-operations = operations’ approval of the plan
agreement-offer = acceptance of the price
agreement-estimate = acceptance of the estimate
agreement-passage = passage
agreement-validation = validation and closure
agreement-approved = agreed
agreement-refused = refused
agreement-awaited = awaited
agreement-expired = no answer in time
agreement-void = void, asked again
fact-request = Request
fact-by = Requested by
fact-cluster = Cluster
fact-need = Need
fact-why = Why
fact-days = Duration and delivery
fact-days-value = { $effort ->
    [one] { $effort } working day
   *[other] { $effort } working days
  } of work, delivered within { $lead ->
    [one] { $lead } working day
   *[other] { $lead } working days
  }
fact-covers = The price covers
fact-effect = Effect on service
fact-result = Result
fact-proofs = { $good } of { $all } checks on the systems succeeded.
fact-price = Price
fact-when = When
fact-until = Answer until
price-on-agreement = { $tokens }, held; charged at closure, returned if it is not carried out
price-on-validation = { $tokens } are charged when you validate
price-on-yes = { $tokens }, held when you accept
price-tranche = { $tokens } per started tranche of { $per }
price-time = time spent, on quote
price-available = Available
start-asap = as soon as possible after agreement, in the windows of the contract
start-at = not before { $when }

# Ordering.
line-not-on-shared = Cannot be ordered on Caascad Shared (§ 1.13)
line-not-subscribed = The service is not subscribed in your contract (§ 2.2, § 3.2)
item-lead = Usual duration
item-minutes = { $n ->
    [one] { $n } minute; not a promise
   *[other] { $n } minutes; not a promise
  }
item-no-lead-time = not set by the contract
item-back = Way back
item-reversible = Everything can be undone.
item-irreversible = Some of it cannot be undone: the plan says what, before your agreement.
field-choose = Choose…
field-bounds = From { $min } to { $max }.
field-only-when = Only when “{ $label }” is “{ $value }”.
yes = yes
no = no
speed = Speed
speed-normal-price = Normal — { $price }
speed-accelerated-price = Accelerated — { $price } (price doubled)
speed-left = { $taken } used of { $of } this contract year, { $left } left
speed-spent = { $of } of { $of } used; the next is possible from { $when }
order-start = Not before
order-start-hint = Empty: as soon as possible. Time of Paris.
order-why = Why
order-iaas = I know that the infrastructure consumption it causes is mine to pay (§ 1.12)
order-iaas-unread = Confirm that you know about the infrastructure costs
order-iaas-reminder = The infrastructure consumption it causes is yours to pay; tokens do not cover it (§ 1.12).
check-on-quote = on quote: it is offered to you before anything is done
check-price = Held now, charged at closure, returned if it is not carried out.
check-slot = this will be number { $n } of { $of } of this contract year
check-who = Who has to agree
check-rights = Your rights
check-rights-text = you may cancel free of charge until the change starts
tickets-all = All
tickets-open = Open

# Studies, in detail.
study-title = Short title
study-need-label = Your need
study-need-hint = What you want to achieve, on what, by when. No secrets.
study-slot = Slot
study-slot-1 = First slot
study-slot-2 = Second slot
study-slot-3 = Third slot
study-minutes-label = The need as understood
study-attendees = Who was on the call
study-attendees-hint = Names separated by commas.
study-estimate = Estimate in tokens
study-effort = Working days of work
study-lead = Working days until delivery
study-due = Good to know
study-line = Catalogue line
study-answers = Answers to its form
study-answers-hint = One “name=value” a line; the same name again adds a line.
study-feasible = Feasible
study-infeasible = Not feasible
study-conclusion = Conclusion
study-justification = Reasons
study-items = Changes it leads to
study-items-hint = One “title = tokens” a line.

# Contract, in detail.
contract-client = Client
contract-offer = Offer
contract-dates = Dates
contract-clusters = Clusters
offer-dedicated = Caascad Dedicated
offer-shared = Caascad Shared
lot-of = Granted on { $when }
move-granted = Grant of { $n }
move-held-for = Hold of { $n }
move-charged = Charge of { $n } at closure
move-returned = Hold of { $n } returned
move-expired = Expiry of { $n }
move-other = Movement of { $n }

# Signing in, in detail.
sign-in-login = Login
sign-in-password = Password
sign-in-wrong = Login or password is wrong

# Records.
audit-all = All
audit-from = From
audit-until = To
kind-ticket = Requests
kind-gate = Decisions
kind-plan = Plans
kind-task = Tasks
kind-effect = Effects on systems
kind-study = Studies
kind-tokens = Tokens
kind-contract = Contracts
kind-clock = Clock
event-ticket-ordered = ordered the change
event-ticket-offered = put a change to the client
event-ticket-quoted = gave a price
event-ticket-cancelled = cancelled the request
event-ticket-suspended = suspended the request
event-ticket-resumed = let the request go on
event-ticket-given-up = gave up; what was begun is taken back
event-ticket-redelivered = delivered again after rework
event-gate-decided = agreed
event-gate-validated = validated and closed
event-gate-refused = refused
event-gate-reminded = asked again for an answer
event-plan-ready = computed the plan
event-plan-moved = found that the plan has changed
event-task-claimed = took a task
event-task-to-retry = will try again
event-task-failed = failed on a task
event-task-done-by-hand = recorded a task done by hand
event-task-retried = asked for another try
event-task-skipped = skipped a task with proof
event-task-taken-over = took a task over
event-effect-intended = is about to act
event-effect-proved = acted, and the system proved it
event-effect-in-doubt = does not know whether it acted
event-effect-undone = took an effect back
event-effect-undo-failed = could not take an effect back
event-study-opened = asked for a study
event-study-call-proposed = proposed slots for the call
event-study-call-chosen = chose a slot for the call
event-study-call-held = recorded the call
event-study-reclassified = moved the request to the catalogue
event-study-estimated = estimated the study
event-study-concluded = concluded the study
event-tokens-granted = granted tokens
event-tokens-expired = let tokens expire
event-quota-renewed = made the six accelerated changes of the year free again
event-gate-expired = found that an answer did not come in time
event-ticket-closed-by-silence = closed the ticket, the client having said nothing within the contract’s time
event-contract-signed = recorded the contract
event-clock-due = looked at what is due
