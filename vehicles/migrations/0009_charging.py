import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("vehicles", "0008_trip_stories"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BatteryHealth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("owner_epoch", models.PositiveIntegerField()),
                ("health_pct", models.FloatField(null=True)),
                ("as_of", models.DateTimeField(null=True)),
                (
                    "shared_since",
                    models.DateTimeField(help_text="none: not compared with others, which is the default", null=True),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ChargingPlace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cell", models.CharField(help_text="H3 cell of resolution 7, hexadecimal", max_length=16)),
                ("kind", models.CharField(choices=[("home", "Home"), ("away", "Elsewhere")], max_length=4)),
            ],
        ),
        migrations.CreateModel(
            name="ChargingSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("owner_epoch", models.PositiveIntegerField()),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(help_text="moment of the last reading")),
                ("still_open", models.BooleanField(default=False, help_text="its end has not been told yet")),
                ("readings", models.PositiveIntegerField()),
                ("soc_from", models.FloatField(null=True)),
                ("soc_to", models.FloatField(null=True)),
                ("energy_kwh", models.FloatField(null=True)),
                (
                    "energy_method",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("counter", "The car's own counter"),
                            ("charger_power", "The charger's power over time"),
                            ("battery_power", "The battery's power over time"),
                            ("level", "The charge level times the reported capacity"),
                        ],
                        max_length=16,
                    ),
                ),
                ("peak_kw", models.FloatField(null=True)),
                ("mean_kw", models.FloatField(null=True)),
                (
                    "current",
                    models.CharField(
                        blank=True, choices=[("ac", "Alternating current"), ("dc", "Direct current")], max_length=2
                    ),
                ),
                ("cell", models.CharField(blank=True, help_text="H3 cell of resolution 7, hexadecimal", max_length=16)),
                ("odometer_km", models.FloatField(null=True)),
                ("soh_pct", models.FloatField(null=True)),
                ("full_range_km", models.FloatField(null=True)),
                (
                    "capacity_kwh",
                    models.FloatField(help_text="energy over the level's rise, from 30 points on", null=True),
                ),
                ("curve", models.JSONField(default=list, help_text="[seconds since the start, percent, kW]")),
                (
                    "doubts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=24), default=list, size=None
                    ),
                ),
                (
                    "marks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="smallest hashes of its readings",
                        size=None,
                    ),
                ),
                (
                    "paid",
                    models.DecimalField(
                        decimal_places=2, help_text="what the owner says it cost", max_digits=9, null=True
                    ),
                ),
                ("paid_currency", models.CharField(blank=True, help_text="ISO 4217", max_length=3)),
            ],
        ),
        migrations.AddField(
            model_name="source",
            name="uncharged_since",
            field=models.DateTimeField(help_text="and from here on the cutter of charging sessions", null=True),
        ),
        migrations.AddField(
            model_name="source",
            name="uncharged_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="source",
            index=models.Index(
                condition=models.Q(("uncharged_until__isnull", False)),
                fields=["uncharged_until"],
                name="source_uncharged",
            ),
        ),
        migrations.AddField(
            model_name="batteryhealth",
            name="vehicle",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="battery_health", to="vehicles.vehicle"
            ),
        ),
        migrations.AddField(
            model_name="chargingplace",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="charging_places", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="chargingsession",
            name="duplicate_of",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="duplicates",
                to="vehicles.chargingsession",
            ),
        ),
        migrations.AddField(
            model_name="chargingsession",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="charging_sessions", to="vehicles.source"
            ),
        ),
        migrations.AddField(
            model_name="chargingsession",
            name="vehicle",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="charging_sessions", to="vehicles.vehicle"
            ),
        ),
        migrations.AddConstraint(
            model_name="chargingplace",
            constraint=models.UniqueConstraint(fields=("owner", "cell"), name="a_charging_place_is_of_one_kind"),
        ),
        migrations.AddIndex(
            model_name="chargingsession",
            index=models.Index(fields=["vehicle", "-started_at"], name="charge_by_vehicle"),
        ),
        migrations.AddIndex(
            model_name="chargingsession",
            index=django.contrib.postgres.indexes.GinIndex(fields=["marks"], name="charge_by_mark"),
        ),
        migrations.AddConstraint(
            model_name="chargingsession",
            constraint=models.CheckConstraint(
                condition=models.Q(("ended_at__gte", models.F("started_at"))), name="a_charge_ends_after_it_starts"
            ),
        ),
        migrations.AddConstraint(
            model_name="chargingsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("energy_kwh__isnull", True), ("energy_method", "")),
                    models.Q(("energy_kwh__gte", 0), models.Q(("energy_method", ""), _negated=True)),
                    _connector="OR",
                ),
                name="energy_is_told_with_its_method",
            ),
        ),
        migrations.AddConstraint(
            model_name="chargingsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("paid__isnull", True), ("paid_currency", "")),
                    models.Q(("paid__gte", 0), ("paid_currency__regex", "^[A-Z]{3}$")),
                    _connector="OR",
                ),
                name="what_was_paid_has_a_currency",
            ),
        ),
        migrations.AddConstraint(
            model_name="chargingsession",
            constraint=models.UniqueConstraint(
                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                fields=("source", "started_at"),
                name="one_charge_of_a_source_starts_at_a_moment",
            ),
        ),
    ]
