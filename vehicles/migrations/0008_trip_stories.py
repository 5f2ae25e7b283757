import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("vehicles", "0007_sealed_days"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="trip",
            name="cells",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, help_text="areas it passed, each once", size=None
            ),
        ),
        migrations.AddField(
            model_name="trip",
            name="deleted_at",
            field=models.DateTimeField(help_text="hidden since; its readings stay and are in no dataset", null=True),
        ),
        migrations.AddField(
            model_name="trip",
            name="doubts",
            field=models.JSONField(default=dict, help_text="readings by the name of the doubt about them"),
        ),
        migrations.AddField(
            model_name="trip",
            name="end_cell",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="trip",
            name="energy_by",
            field=models.CharField(
                blank=True,
                choices=[
                    ("counter", "By the battery's own energy reading"),
                    ("power", "By the power out of the battery"),
                    ("level", "Estimated from the charge level and the capacity"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="trip",
            name="energy_kwh",
            field=models.FloatField(help_text="out of the battery; negative where driving filled it", null=True),
        ),
        migrations.AddField(
            model_name="trip",
            name="known_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                help_text="of two trips with the same points the one known longer counts",
            ),
        ),
        migrations.AddField(
            model_name="trip",
            name="note",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="trip",
            name="odometer_end_km",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="trip",
            name="odometer_start_km",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="trip",
            name="start_cell",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="trip",
            name="stops",
            field=models.PositiveSmallIntegerField(default=0, help_text="stands of a minute or more on the way"),
        ),
        migrations.CreateModel(
            name="EnergyPrice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("owner_epoch", models.PositiveIntegerField()),
                ("period", django.contrib.postgres.fields.ranges.DateRangeField()),
                ("currency", models.CharField(help_text="ISO 4217; one for all prices of a vehicle", max_length=3)),
                ("fuel_per_liter", models.DecimalField(decimal_places=4, max_digits=9, null=True)),
                ("home_per_kwh", models.DecimalField(decimal_places=4, max_digits=9, null=True)),
                ("away_per_kwh", models.DecimalField(decimal_places=4, max_digits=9, null=True)),
                (
                    "home_share_pct",
                    models.PositiveSmallIntegerField(
                        help_text="share of the energy that was charged at home, as the owner says; for trips",
                        null=True,
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="energy_prices", to="vehicles.vehicle"
                    ),
                ),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[("vehicle", "="), ("owner_epoch", "="), ("period", "&&")],
                        name="one_price_of_a_vehicle_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("period__isempty", False)), name="an_energy_price_lasts"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="an_energy_price_has_a_currency"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("fuel_per_liter__isnull", False),
                            ("home_per_kwh__isnull", False),
                            ("away_per_kwh__isnull", False),
                            _connector="OR",
                        ),
                        name="an_energy_price_says_a_price",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("fuel_per_liter__isnull", True), ("fuel_per_liter__gte", 0), _connector="OR"),
                            models.Q(("home_per_kwh__isnull", True), ("home_per_kwh__gte", 0), _connector="OR"),
                            models.Q(("away_per_kwh__isnull", True), ("away_per_kwh__gte", 0), _connector="OR"),
                        ),
                        name="an_energy_price_is_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("home_share_pct__isnull", True), ("home_share_pct__lte", 100), _connector="OR"
                        ),
                        name="a_home_share_is_a_share",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HiddenStretch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reason",
                    models.CharField(choices=[("private", "Private trip"), ("deleted", "Deleted trip")], max_length=7),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(help_text="moment of the last reading, included")),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hidden_stretches",
                        to="vehicles.source",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hidden_stretches",
                        to="vehicles.vehicle",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "hidden stretches",
                "indexes": [models.Index(fields=["vehicle", "starts_at"], name="hidden_by_vehicle")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gte", models.F("starts_at"))),
                        name="a_hidden_stretch_ends_after_it_starts",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NamedArea",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cell", models.BigIntegerField(help_text="H3 cell of resolution 7 as its upper 40 bits")),
                ("name", models.CharField(max_length=60)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="named_areas",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("owner", "cell"), name="an_area_has_one_name")],
            },
        ),
        migrations.CreateModel(
            name="TripSeam",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("join", "One drive in spite of the stop"), ("split", "Two drives")], max_length=5
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(help_text="of a split the same moment: the first of the later drive")),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="seams", to="vehicles.source"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["source", "starts_at"], name="seam_by_source")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gte", models.F("starts_at"))), name="a_seam_ends_after_it_starts"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "split"), _negated=True),
                            ("ends_at", models.F("starts_at")),
                            _connector="OR",
                        ),
                        name="a_split_is_a_moment",
                    ),
                ],
            },
        ),
    ]
