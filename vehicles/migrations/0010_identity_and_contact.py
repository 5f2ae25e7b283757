"""Who owned a vehicle when, offers and claims of it, the sealed VIN, and what is usual for a vehicle's silence.

The history of owners is written by a trigger of the vehicle, so that no statement can change hands without it.
"""

import datetime
import uuid

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

HISTORY = """
CREATE FUNCTION vehicle_keeps_ownership() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.owner_epoch < OLD.owner_epoch OR (NEW.owner_epoch = OLD.owner_epoch AND NEW.owner_id <> OLD.owner_id) THEN
            RAISE EXCEPTION 'a new owner begins a new epoch'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'a_new_owner_begins_a_new_epoch';
        END IF;
        -- What would not have lasted was not.
        DELETE FROM vehicles_vehicleownership o WHERE o.vehicle_id = NEW.id AND upper_inf(o.period)
            AND (NEW.owner_epoch = OLD.owner_epoch OR NEW.owned_since IS NULL OR lower(o.period) >= NEW.owned_since);
        UPDATE vehicles_vehicleownership o
            SET period = tstzrange(lower(o.period), NEW.owned_since), nickname = OLD.nickname
            WHERE o.vehicle_id = NEW.id AND upper_inf(o.period);
    END IF;
    INSERT INTO vehicles_vehicleownership (vehicle_id, owner_id, epoch, period, nickname)
        VALUES (NEW.id, NEW.owner_id, NEW.owner_epoch, tstzrange(NEW.owned_since, NULL), '');
    RETURN NULL;
END $$;
CREATE TRIGGER vehicle_begins_ownership AFTER INSERT ON vehicles_vehicle
    FOR EACH ROW EXECUTE FUNCTION vehicle_keeps_ownership();
CREATE TRIGGER vehicle_changes_ownership AFTER UPDATE OF owner_id, owner_epoch, owned_since ON vehicles_vehicle
    FOR EACH ROW WHEN ((OLD.owner_id, OLD.owner_epoch, OLD.owned_since)
        IS DISTINCT FROM (NEW.owner_id, NEW.owner_epoch, NEW.owned_since))
    EXECUTE FUNCTION vehicle_keeps_ownership();

-- Sellers of before are known from the trail; where it does not tell all, only the owner of now is kept.
WITH sold AS (
    SELECT v.id AS vehicle_id, e.actor_id AS owner_id, e.at,
           row_number() OVER (PARTITION BY v.id ORDER BY e.at) AS epoch,
           count(*) OVER (PARTITION BY v.id) AS times,
           lag(e.at) OVER (PARTITION BY v.id ORDER BY e.at) AS since, v.owner_epoch
    FROM vehicles_vehicle v JOIN dimo_auditevent e ON e.object_kind = 'vehicle' AND e.object_id = v.public_id::text
    WHERE e.action = 'vehicle.transferred' AND v.owner_epoch > 1
)
INSERT INTO vehicles_vehicleownership (vehicle_id, owner_id, epoch, period, nickname)
SELECT vehicle_id, owner_id, epoch, tstzrange(since, at), '' FROM sold
WHERE times = owner_epoch - 1 AND owner_id IS NOT NULL AND (since IS NULL OR since < at);
INSERT INTO vehicles_vehicleownership (vehicle_id, owner_id, epoch, period, nickname)
SELECT id, owner_id, owner_epoch, tstzrange(owned_since, NULL), '' FROM vehicles_vehicle;
"""

GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'dimo_app') THEN
        -- Rows go with their vehicle; only the trigger makes or changes them.
        REVOKE INSERT, UPDATE ON vehicles_vehicleownership FROM dimo_app;
    END IF;
END $$;
"""

UNDO = """
DROP TRIGGER vehicle_changes_ownership ON vehicles_vehicle;
DROP TRIGGER vehicle_begins_ownership ON vehicles_vehicle;
DROP FUNCTION vehicle_keeps_ownership();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("dimo", "0002_audit_append_only"),
        ("vehicles", "0009_charging"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ContactWish",
            fields=[
                (
                    "owner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("by_mail", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="QuietEpisode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("owner_epoch", models.PositiveIntegerField()),
                ("since", models.DateTimeField(help_text="when it was last heard")),
                ("noticed_at", models.DateTimeField()),
                ("cause", models.CharField(blank=True, help_text="a code of `vehicles.silence`", max_length=24)),
                ("mailed_at", models.DateTimeField(null=True)),
                ("resolved_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="TransferOffer",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("owner_epoch", models.PositiveIntegerField(help_text="which the transfer would end")),
                (
                    "token_hash",
                    models.BinaryField(help_text="SHA-256 of the link's secret", max_length=32, unique=True),
                ),
                ("offered_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="VehicleContact",
            fields=[
                (
                    "vehicle",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="contact",
                        serialize=False,
                        to="vehicles.vehicle",
                    ),
                ),
                (
                    "driving_gaps",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(),
                        default=list,
                        help_text="decayed counts by half octaves",
                        size=None,
                    ),
                ),
                (
                    "parked_gaps",
                    django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), default=list, size=None),
                ),
                ("learned_until", models.DateTimeField(null=True)),
                (
                    "late_after",
                    models.DurationField(default=datetime.timedelta(days=1), help_text="silence longer than is usual"),
                ),
                (
                    "quiet_after",
                    models.DurationField(
                        default=datetime.timedelta(days=3), help_text="silence that its owner is told of"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="VehicleOwnership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("epoch", models.PositiveIntegerField()),
                (
                    "period",
                    django.contrib.postgres.fields.ranges.DateTimeRangeField(
                        help_text="without a beginning: since ever; without an end: until now"
                    ),
                ),
                (
                    "nickname",
                    models.CharField(blank=True, help_text="what this owner called it at the end", max_length=60),
                ),
            ],
        ),
        migrations.CreateModel(
            name="VinClaim",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("vin_tag", models.BinaryField(max_length=32)),
                ("vin_sealed", models.BinaryField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("granted", "Granted"),
                            ("refused", "Refused"),
                            ("dropped", "Dropped"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name="pairing",
            name="vin_told",
            field=models.BinaryField(help_text="keyed HMAC of the VIN the device told last", max_length=32, null=True),
        ),
        migrations.AddField(
            model_name="vehicle",
            name="made_by",
            field=models.ForeignKey(
                help_text="the import it was made for",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="vehicles.importbatch",
            ),
        ),
        migrations.AddField(
            model_name="vehicle",
            name="vin_sealed",
            field=models.BinaryField(help_text="the VIN, encrypted for its owner's eyes", max_length=64, null=True),
        ),
        migrations.AddConstraint(
            model_name="vehicle",
            constraint=models.CheckConstraint(
                condition=models.Q(("vin_tag", None), ("vin_sealed__isnull", False), _connector="OR"),
                name="a_tagged_vin_is_kept_sealed",
            ),
        ),
        migrations.AddField(
            model_name="quietepisode",
            name="vehicle",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="quiet_episodes", to="vehicles.vehicle"
            ),
        ),
        migrations.AddField(
            model_name="transferoffer",
            name="buyer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="transferoffer",
            name="seller",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="transferoffer",
            name="vehicle",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="transfer_offers", to="vehicles.vehicle"
            ),
        ),
        migrations.AddField(
            model_name="vehicleownership",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="ownerships", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="vehicleownership",
            name="vehicle",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="ownerships", to="vehicles.vehicle"
            ),
        ),
        migrations.AddField(
            model_name="vinclaim",
            name="claimant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="vinclaim",
            name="vehicle",
            field=models.ForeignKey(
                help_text="the claimant's",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="vin_claims",
                to="vehicles.vehicle",
            ),
        ),
        migrations.AddConstraint(
            model_name="quietepisode",
            constraint=models.UniqueConstraint(
                condition=models.Q(("resolved_at", None)), fields=("vehicle",), name="a_vehicle_is_quiet_once_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="transferoffer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("accepted_at", None), ("withdrawn_at", None)),
                fields=("vehicle",),
                name="a_vehicle_is_offered_once_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferoffer",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("offered_at"))), name="an_offer_lasts"
            ),
        ),
        migrations.AddConstraint(
            model_name="transferoffer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("accepted_at", None), ("buyer", None)),
                    models.Q(("accepted_at__isnull", False), ("buyer__isnull", False), ("withdrawn_at", None)),
                    _connector="OR",
                ),
                name="an_accepted_offer_names_its_buyer",
            ),
        ),
        migrations.AddConstraint(
            model_name="vehicleownership",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[("vehicle", "="), ("period", "&&")], name="a_vehicle_has_one_owner_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="vehicleownership",
            constraint=models.UniqueConstraint(fields=("vehicle", "epoch"), name="an_epoch_is_of_one_owner"),
        ),
        migrations.AddConstraint(
            model_name="vehicleownership",
            constraint=models.CheckConstraint(
                condition=models.Q(("period__isempty", False)), name="an_ownership_lasts"
            ),
        ),
        migrations.AddConstraint(
            model_name="vinclaim",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("vehicle",), name="a_vehicle_claims_one_vin_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="vinclaim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("settled_at", None), ("state", "open")),
                    models.Q(models.Q(("state", "open"), _negated=True), ("settled_at__isnull", False)),
                    _connector="OR",
                ),
                name="a_settled_claim_says_when",
            ),
        ),
        migrations.RunSQL(HISTORY + GRANTS, UNDO),
    ]
