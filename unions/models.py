"""Who belongs, and what was decided. Every tenant row names its union; consent and versions are append-only."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from vehicles.models import Vehicle


class Union(models.Model):
    """A data union: an independently governed tenant."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    class Admission(models.TextChoices):
        OPEN = "open", "Anyone with a vehicle"
        APPROVAL = "approval", "A steward approves"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=60, unique=True)
    tagline = models.CharField(max_length=140, blank=True)
    charter = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    admission = models.CharField(max_length=10, choices=Admission.choices, default=Admission.OPEN)
    powertrains = models.JSONField(
        default=list,
        blank=True,
        help_text="powertrains that may join; empty: every one",
    )
    tone = models.CharField(
        max_length=2,
        default="ta",
        choices=[("ta", "Teal"), ("tb", "Amber"), ("tc", "Violet")],
    )
    policy_revision = models.BigIntegerField(default=0, help_text="rises with every published policy or price list")
    founded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        permissions: ClassVar = [
            ("edit_policy", "May publish a policy and a price list"),
            ("admit_members", "May admit and remove members"),
            ("view_treasury", "May read the union's books"),
            ("manage_offers", "May publish and withdraw offers"),
        ]

    def __str__(self) -> str:
        return self.name


class Seat(models.Model):
    """A person's role in a union; object permissions follow from it in one place (`founding.py`)."""

    class Role(models.TextChoices):
        FOUNDER = "founder", "Founder"
        STEWARD = "steward", "Steward"
        AUDITOR = "auditor", "Auditor"
        ANALYST = "analyst", "Analyst"

    union = models.ForeignKey(Union, models.PROTECT, related_name="seats")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="seats")
    role = models.CharField(max_length=8, choices=Role.choices)
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["union", "user", "role"],
                condition=Q(until=None),
                name="one_seat_per_role",
            )
        ]

    def __str__(self) -> str:
        return self.get_role_display()


class PolicyVersion(models.Model):
    """What the union lets anybody ask of its members' data. `rules` is validated by `policy.Rules`; never changed."""

    class Change(models.TextChoices):
        FIRST = "first", "First version"
        NARROWING = "narrowing", "Narrowing"
        NEUTRAL = "neutral", "Neutral"
        WIDENING = "widening", "Widening"

    union = models.ForeignKey(Union, models.PROTECT, related_name="policies")
    number = models.PositiveIntegerField()
    rules = models.JSONField(
        help_text="allow: [{signal_class, tier_max, purposes, buyer_categories}], k, retention_days"
    )
    text = models.TextField(blank=True)
    sha256 = models.BinaryField(max_length=32)
    change = models.CharField(max_length=10, choices=Change.choices)
    min_accepted = models.PositiveIntegerField(default=1, help_text="grants under an older version no longer count")
    effective_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    published_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["union", "number"], name="policy_numbers_count_up"),
            models.UniqueConstraint(fields=["id", "union"], name="policy_and_its_union"),
        ]

    def __str__(self) -> str:
        return f"Policy version {self.number}"


class Terms(models.Model):
    """Price list, fee and split rule, in versions that never change; a license keeps the one it opened under."""

    class SplitRule(models.TextChoices):
        EQUAL = "equal", "The same for every vehicle"
        ROWS_CAPPED = "rows_capped", "By rows, capped at the 95th percentile"

    union = models.ForeignKey(Union, models.PROTECT, related_name="terms")
    number = models.PositiveIntegerField()
    asset = models.CharField(max_length=8, default="EURC")
    prices = models.JSONField(help_text="signal class -> tier -> base units per vehicle and 30 days, as strings")
    union_fee_bps = models.PositiveIntegerField(default=500)
    split_rule = models.CharField(max_length=12, choices=SplitRule.choices, default=SplitRule.EQUAL)
    effective_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "terms"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["union", "number"], name="terms_numbers_count_up"),
            models.UniqueConstraint(fields=["id", "union"], name="terms_and_their_union"),
            models.CheckConstraint(
                condition=Q(union_fee_bps__lte=2000),
                name="a_union_takes_at_most_a_fifth",
            ),
        ]

    def __str__(self) -> str:
        return f"Terms {self.number}"


class Membership(models.Model):
    """A vehicle in a union, from joining to leaving. Leaving ends it; coming back is a new row."""

    class State(models.TextChoices):
        REQUESTED = "requested", "Waiting for approval"
        TRIAL = "trial", "Trial"
        ACTIVE = "active", "Member"
        REFUSED = "refused", "Refused"
        LEFT = "left", "Left"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    union = models.ForeignKey(Union, models.PROTECT, related_name="memberships")
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="memberships")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    owner_epoch = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices)
    joined_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True, blank=True)
    consent_revision = models.BigIntegerField(default=0, help_text="rises with every consent event, in its transaction")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["union", "vehicle"],
                condition=Q(state__in=["requested", "trial", "active"]),
                name="a_vehicle_is_in_a_union_once",
            ),
            models.UniqueConstraint(fields=["id", "union"], name="membership_and_its_union"),
            models.UniqueConstraint(fields=["id", "union", "vehicle", "member"], name="membership_and_whose_it_is"),
            models.CheckConstraint(
                condition=Q(state__in=["left", "refused"], left_at__isnull=False)
                | (~Q(state__in=["left", "refused"]) & Q(left_at__isnull=True)),
                name="only_who_left_has_a_leaving_date",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["member", "state"], name="membership_by_member")]

    def __str__(self) -> str:
        return f"{self.get_state_display()} since {self.joined_at:%Y-%m-%d}"


class ConsentEvent(models.Model):
    """One word of a member about one vehicle's data: a grant, a denial, or the end of either. Never changed.

    `data_from`/`data_until` bound the moments of measurement that a grant covers (or a denial removes), half-open;
    null means unbounded. `valid_from`/`valid_until` bound when it may be acted upon.
    """

    class Kind(models.TextChoices):
        GRANT = "grant", "Allowed"
        DENY = "deny", "Denied"
        WITHDRAW = "withdraw", "Withdrawn"
        SUPERSEDE = "supersede", "Replaced"
        INVALIDATE = "invalidate", "Made void"

    ANY = "*"

    seq = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    union = models.ForeignKey(Union, models.PROTECT, related_name="consent_events")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="consent_events")
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="consent_events")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    owner_epoch = models.PositiveIntegerField()
    ends = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        related_name="ended_by",
        help_text="the event it ends",
    )
    signal_class = models.CharField(max_length=40, default=ANY)
    tier_max = models.CharField(max_length=20, blank=True)
    precision = models.CharField(
        max_length=8,
        blank=True,
        help_text="coarse or exact, of every class but location, whose leaf says how fine",
    )
    purpose = models.CharField(max_length=24, default=ANY)
    buyer_category = models.CharField(max_length=16, default=ANY)
    buyer = models.UUIDField(null=True, help_text="one organization; null: every one of the category")
    min_price = models.BigIntegerField(default=0, help_text="base units, net to the driver, per vehicle and 30 days")
    retention_max_days = models.PositiveIntegerField(null=True)
    countries = models.JSONField(default=list, help_text="buyer countries; empty: any")
    data_from = models.DateTimeField(null=True)
    data_until = models.DateTimeField(null=True)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    policy = models.ForeignKey(PolicyVersion, models.PROTECT, null=True, related_name="+")
    notice_id = models.CharField(max_length=40)
    notice_sha256 = models.BinaryField(max_length=32)
    locale = models.CharField(max_length=12)
    screen_id = models.CharField(max_length=40)
    method = models.CharField(max_length=16, default="click")
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["union", "vehicle", "seq"], name="consent_by_union_and_vehicle"),
            models.Index(fields=["member", "-seq"], name="consent_by_member"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind__in=["grant", "deny"], ends__isnull=True)
                | Q(kind__in=["withdraw", "supersede", "invalidate"], ends__isnull=False),
                name="an_ending_names_what_it_ends",
            ),
            models.CheckConstraint(
                condition=~Q(kind="grant") | Q(valid_until__isnull=False, policy__isnull=False),
                name="a_grant_expires_and_names_its_policy",
            ),
            models.CheckConstraint(
                condition=~Q(kind="grant") | (~Q(tier_max="") & Q(precision__in=["coarse", "exact"])),
                name="a_grant_says_how_much_and_how_fine",
            ),
            models.CheckConstraint(
                condition=Q(data_from=None) | Q(data_until=None) | Q(data_until__gt=models.F("data_from")),
                name="consent_covers_a_period",
            ),
            models.CheckConstraint(condition=Q(min_price__gte=0), name="a_reserve_is_not_negative"),
            models.UniqueConstraint(fields=["seq", "membership"], name="event_and_its_membership"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.signal_class}"
